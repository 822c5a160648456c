"""Which stored steps this code can go on with."""

from __future__ import annotations

# Goes up with every change after which older code could not go on with a job that newer code
# began: a step's name, its stored result, what is left in its sandbox. Each job keeps the version
# that it was made with, and a worker leaves those of a later version to newer workers.
PIPELINE_VERSION = 3
