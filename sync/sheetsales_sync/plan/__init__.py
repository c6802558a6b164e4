"""What one sync has to do, decided without doing any of it: same pictures in, same plan out."""
