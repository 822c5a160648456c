"""What a report says once everything that nobody wrote about the matter is taken away.

Plain Python: no Django here. `clean` gives the text for comparing and the text for people, with
what was removed and what looks like an injection; `for_comparing` is the short way for grouping.
"""

from __future__ import annotations

from clusters.cleaning.base import Cleaned, Flag, Removal
from clusters.cleaning.report import clean, for_comparing

__all__ = ["Cleaned", "Flag", "Removal", "clean", "for_comparing"]
