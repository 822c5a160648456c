"""The detached supervisor of one command; standard library only (see `__main__`)."""

from __future__ import annotations
