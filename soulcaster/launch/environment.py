"""What the launcher tells its children by environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from soulcaster.launch.home import Home

# They slow every start down or lead Python away from the virtual environment.
_UNWANTED = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}


def environment(
    home: Home, *, address: str, redis_url: str, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The caller's environment with what it does not say; what it says stays."""
    names = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    defaults = {
        "REDIS_URL": redis_url,
        "SOULCASTER_URL": address,
        # Who uses one machine alone may well have a model on it, and trusts its own repositories.
        "SOULCASTER_PRIVATE_ADDRESSES": "1",
        "SOULCASTER_OPEN_NETWORK": "1",
        "SOULCASTER_UNISOLATED_RUNS": "1",
    }
    if not {"SECRET_KEY", "SECRET_KEY_FILE"} & names.keys():
        defaults["SECRET_KEY_FILE"] = str(home.secret_key)
    if not {"SOULCASTER_KEYS", "SOULCASTER_KEYS_FILE"} & names.keys():
        defaults["SOULCASTER_KEYS_FILE"] = str(home.keys)
    fixed = {
        "DJANGO_SETTINGS_MODULE": "soulcaster.settings",
        "PYTHONUNBUFFERED": "1",
        "SOULCASTER_ANCHOR": str(os.getpid()),
        "SOULCASTER_HOME": str(home.path),
    }
    return defaults | names | fixed | dict(extra or {})
