"""Texts as numbers."""

from __future__ import annotations

import os

# For products of small matrices several threads cost more than they bring, above all on a machine
# that has other work. It has to be said before numpy is loaded, which happens in here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
