"""The counting behind a small shop's till."""

__version__ = "0.7.0"
