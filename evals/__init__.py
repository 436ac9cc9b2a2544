"""Question sets, and how well the assistant does on them."""
