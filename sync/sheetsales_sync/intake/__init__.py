"""What comes in from other systems: files as tables, mapping files, and the plan of an import."""
