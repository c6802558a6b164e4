"""The real command line under torture: real processes killed at random, real files edited meanwhile, an oracle."""
