"""What every process of Node.js is told when it runs tests."""

from __future__ import annotations

# `npm test` obeys settings of the home, which an agent can write, and of the repository.
OF_NPM = {"NPM_CONFIG_USERCONFIG": "/dev/null", "NPM_CONFIG_SCRIPT_SHELL": "/bin/sh"}
ENVIRONMENT = {
    "CI": "true",
    # What an earlier process left in a cache or in the home, an agent may have written.
    "NODE_DISABLE_COMPILE_CACHE": "1",
    "DISABLE_V8_COMPILE_CACHE": "1",
    "TSX_DISABLE_CACHE": "1",
    "BABEL_DISABLE_CACHE": "1",
    **OF_NPM,
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
}
