"""The store, the engine, the roll-ups and the front doors."""
