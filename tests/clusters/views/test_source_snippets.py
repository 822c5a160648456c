"""The examples on a webhook's page are run as they stand, against a server that checks them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from clusters.models import Project
from clusters.services import sources
from clusters.services.sources.addresses import address_of
from clusters.sources.base import IncomingReport, Received
from clusters.sources.webhook import WebhookSource
from clusters.views import source_setup
from credentials.models import User

SECRET = "whsec_of-this-test"
PROGRAMS = {"webhook-sh": "bash", "webhook-py-txt": sys.executable, "webhook-mjs": "node"}
CONFIGS: list[dict[str, Any]] = [
    {},
    {"scheme": "github"},
    {"mapping": {"items": "list[1]", "title": 'ti.tle["it\'s"]', "body": "texts[1]"}},
]


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    received: Received

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        type(self).received = Received(headers, body)
        self.send_response(202)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_signed_as_it_should_be(
    bob: User,
    project: Project,
    receiver: str,
    settings: Any,
    tmp_path: Path,
    name: str,
    config: dict[str, Any],
) -> None:
    program = shutil.which(PROGRAMS[name])
    if program is None:
        pytest.skip(f"{PROGRAMS[name]} is not installed")
    settings.SITE_URL = receiver
    source = sources.create(bob, project, kind="webhook", name="Desk", config=config)
    plain = config.get("scheme") == "github"
    wanted = name.replace("webhook", "webhook_plain") if plain else name
    found = {each.name: each.text for each in source_setup.of(source, SECRET).snippets}
    file = tmp_path / ("example.mjs" if name.endswith("mjs") else "example")
    file.write_text(found[wanted])
    subprocess.run([program, file], check=True, timeout=30, capture_output=True, cwd=tmp_path)
    reader = WebhookSource()
    reader.verify(Receiver.received, SECRET, timezone.now())
    read = list(reader.read({}, Receiver.received.body, source.config))
    assert isinstance(read[0], IncomingReport), read
    assert read[0].title.startswith("A test")


def test_a_dsn_has_the_parts_that_sdks_look_for(bob: User, project: Project, settings: Any) -> None:
    settings.SITE_URL = "https://feedback.example.org:8443"
    source = sources.create(bob, project, kind="sdk", name="Shop", config={})
    parts = urlsplit(address_of(source))
    assert parts.scheme == "https"
    assert (parts.hostname, parts.port) == ("feedback.example.org", 8443)
    assert (parts.username, parts.path) == (source.public_key, f"/{source.pk}")
