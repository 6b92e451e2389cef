"""What we must remember: tables, and the modules that alone touch them."""
