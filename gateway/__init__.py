"""The door: what other systems push comes in here, and is handed on to the processes."""
