"""What the command line does: runs the embedded stack, drives the platform, shows what it knows."""
