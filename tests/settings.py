"""The product's settings for tests: nothing of the machine's environment, a home of its own.

`DATABASE_URL` is respected, so that the same tests run on PostgreSQL. No test reaches a Redis
unless it asks for the `valkey` fixture of `tests.services`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def _make_home() -> str:
    """A folder that goes away with the process that made it."""
    home = tempfile.mkdtemp(prefix="soulcaster-tests-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


if "SOULCASTER_TEST_HOME" not in os.environ:  # workers of pytest-xdist inherit the first one's
    os.environ["SOULCASTER_TEST_HOME"] = _make_home()
os.environ["SOULCASTER_HOME"] = os.environ["SOULCASTER_TEST_HOME"]
os.environ["SOULCASTER_SANDBOX_HOME"] = str(Path(os.environ["SOULCASTER_HOME"]) / "sandboxes")
os.environ["SECRET_KEY"] = "only-for-tests-only-for-tests-only-for-tests"
os.environ.pop("SOULCASTER_KEYS_FILE", None)
os.environ["SOULCASTER_KEYS"] = "tests:" + "dGVz" * 10 + "dGU"  # 32 bytes
for _name in ("URL", "API_URL", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE", "SCOPES"):
    os.environ.pop(f"GITHUB_{_name}", None)  # GitHub's own machines have some of them
os.environ["SOULCASTER_OPEN_NETWORK"] = os.environ["SOULCASTER_UNISOLATED_RUNS"] = "1"
os.environ["SOULCASTER_URL"] = "http://testserver"
os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"  # nobody listens there
os.environ.setdefault("LOG_LEVEL", "WARNING")

from soulcaster.settings import *  # noqa: E402, F403
from soulcaster.settings import DATABASES, HOME  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CELERY_BROKER_URL = "memory://"
SOURCE_KNOWN_SECONDS = 0.0  # the rows of the test before are gone
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file and not memory: threads and processes then lock each other as they do in production.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "test.sqlite3")}
