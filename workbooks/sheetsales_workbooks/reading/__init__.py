"""The one door for files: guards, the zip's directory, two parsers of sheets, the warm reader process."""
