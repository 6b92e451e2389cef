"""The doctor: examines the stack and every system, and says what to do about what is wrong."""
