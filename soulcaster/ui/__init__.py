"""What the templates' tags are made of: plain functions from values to words and shapes."""
