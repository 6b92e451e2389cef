"""What an approved hour is worth, and what goes on an invoice."""
