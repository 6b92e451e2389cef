"""One module a step, each with a way up and a way down."""
