"""Tags and filters of clusters' pages."""
