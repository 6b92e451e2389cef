"""Names that people search for: events, search attributes; and how logs are set up."""
