"""What starts the product: standard library only, so that it starts at once."""
