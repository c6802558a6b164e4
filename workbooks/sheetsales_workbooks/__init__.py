"""How tables live in a spreadsheet: layout, build, read, write, buttons."""
