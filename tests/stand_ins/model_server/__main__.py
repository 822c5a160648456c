"""The server as a program: says its address in one line and serves until it is ended."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.stand_ins.model_server.scenarios import SCENARIOS
from tests.stand_ins.model_server.script import load_scripts
from tests.stand_ins.model_server.server import ModelServer


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A model provider that follows a script.")
    parser.add_argument("--port", type=int, default=0, help="0 for any that is free")
    parser.add_argument("--script", type=Path, help="JSON; without it, the scenarios of the tests")
    options = parser.parse_args()
    text = options.script.read_text(encoding="utf-8") if options.script else ""
    server = ModelServer(load_scripts(text) if text else SCENARIOS, options.port)
    print(server.url, flush=True)  # noqa: T201 (whoever starts it waits for this line)
    server.serve_forever()


if __name__ == "__main__":
    main()
