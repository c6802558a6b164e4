"""A simulation that drives the real planner and engine through ports in memory, with an oracle of its own."""
