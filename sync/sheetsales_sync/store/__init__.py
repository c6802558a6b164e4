"""The central store: typed tables for the present, generic tables for everything that ever was."""
