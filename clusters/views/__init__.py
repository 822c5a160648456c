"""Pages about projects and what people say about them."""
