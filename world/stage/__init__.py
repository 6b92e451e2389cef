"""The firm's people: put a story into the systems, move their clocks, and read them back."""
