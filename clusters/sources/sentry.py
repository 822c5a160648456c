"""Errors that a Sentry server has collected, as its webhooks tell them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from clusters.sources import sentry_hooks, signatures
from clusters.sources.base import Answer, Filtered, Read, Received, Unverified
from clusters.sources.build import refuse
from clusters.sources.dates import parse_date
from clusters.sources.decoding import decode
from clusters.sources.json_lines import load_json

SIGNATURE = "Sentry-Hook-Signature"
RESOURCE = "Sentry-Hook-Resource"
TIMESTAMP = "Sentry-Hook-Timestamp"
_REQUEST = "request-id"
_NO_REPORT = {"installation", "metric_alert", "ping"}


class SentrySource:
    """Webhooks of an integration, signed with its client secret; or of a project, without.

    Those of a project (the older kind) cannot be signed: their address ends in `?token=` and the
    same secret.
    """

    kind = "sentry"
    label = "Sentry"
    signs = True
    content_types = ("application/json",)

    def verify(self, received: Received, secret: str, now: datetime) -> None:
        """HMAC-SHA256 of the body, or the secret in the address; raises Unverified."""
        if header := received.headers.get(SIGNATURE.lower(), ""):
            known = signatures.same(header, signatures.hex_hmac(secret, received.body))
        elif token := received.query.get("token", ""):
            known = signatures.same(token, secret)
        else:
            raise Unverified(
                f"There is no {SIGNATURE}. A webhook of a single project has the secret at the end of "
                "its address, as ?token=."
            )
        if not known:
            raise Unverified(
                "The signature does not fit: is the secret the client secret of the integration?"
            )

    def greeting(self, received: Received) -> Answer | None:
        """What Sentry tells about the integration itself."""
        if received.headers.get(RESOURCE.lower(), "") in _NO_REPORT:
            return Answer(200, '{"received": false}')
        return None

    def delivery_id(self, received: Received) -> str:
        """The request's id; without one, the message itself."""
        given = received.headers.get(_REQUEST, "").strip()
        return given[:200] or "sha256:" + hashlib.sha256(received.body).hexdigest()

    def kept_headers(self, received: Received) -> Mapping[str, str]:
        """What it tells about, and when."""
        names = (RESOURCE.lower(), TIMESTAMP.lower())
        kept = {name: received.headers.get(name, "")[:100] for name in names}
        at = parse_date(kept[TIMESTAMP.lower()])
        if at and at > datetime.now(UTC) + timedelta(seconds=signatures.TOLERANCE):
            # It is not signed, and a state of years to come would be the last one for good.
            kept[TIMESTAMP.lower()] = ""
        return kept

    def read(
        self, headers: Mapping[str, str], body: bytes, config: Mapping[str, Any]
    ) -> Iterator[Read]:
        """One error, or what became of one."""
        text, _ = decode(body)
        try:
            told = load_json(text)
        except ValueError as error:
            yield refuse(1, f"What was sent is not JSON: {error}.", text)
            return
        if not isinstance(told, Mapping):
            yield refuse(1, "What was sent is not a JSON object.", text)
            return
        resource, at = headers.get(RESOURCE.lower(), ""), headers.get(TIMESTAMP.lower(), "")
        if resource in _NO_REPORT:
            yield Filtered("This tells of no error.")
            return
        yield sentry_hooks.read(resource, told, at, config)
