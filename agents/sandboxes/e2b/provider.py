"""The provider of sandboxes at E2B."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

from e2b import Sandbox as Machine
from e2b import SandboxInfo, SandboxQuery

from agents.sandboxes.base import (
    Isolation,
    Limits,
    Network,
    SandboxError,
    SandboxLost,
    SandboxSpec,
)
from agents.sandboxes.e2b.account import Account
from agents.sandboxes.e2b.errors import is_missing_template, patiently
from agents.sandboxes.e2b.lifetime import SECONDS, seconds_within
from agents.sandboxes.e2b.sandbox import E2BSandbox
from agents.sandboxes.local.settings import check_name

_INSTALLATION = "soulcaster_installation"
_LABEL = "soulcaster_label"
_TOKEN = "soulcaster_token"  # noqa: S105  names one creation, opens nothing
_SPEC = "soulcaster_spec"
_PROBE_SECONDS = 30.0


class E2BProvider:
    """Sandboxes of one account.

    `installation` names this installation, so that several can share an account: each finds its
    own sandboxes only.
    """

    name = "sandbox"

    def __init__(self, account: Account, *, installation: str) -> None:
        self._account = account
        self._client = account.client()
        self._installation = installation or "soulcaster"
        self._lock = threading.Lock()
        self._probed = False

    def probe(self) -> Isolation:
        """Run something in a throw-away sandbox; asked once per provider."""
        with self._lock:
            if not self._probed:
                self._try()
                self._probed = True
        return Isolation.MACHINE

    def create(self, spec: SandboxSpec) -> E2BSandbox:
        """A fresh sandbox without any network; raises SandboxError and leaves nothing behind."""
        check_name(spec.label, "label")
        token = secrets.token_hex(16)
        try:
            sandbox = E2BSandbox(self._create(spec, token), spec, network=Network.NONE)
            sandbox.prepare()
        except BaseException:
            self._discard(token)
            raise
        return sandbox

    def connect(self, sandbox_id: str) -> E2BSandbox:
        """The sandbox of that id, woken if it rested; raises SandboxLost when it is gone."""
        check_name(sandbox_id, "sandbox id")
        doing = "connect to the sandbox"
        info: SandboxInfo = patiently(lambda: self._client.Sandbox.get_info(sandbox_id), doing)
        if info.metadata.get(_INSTALLATION) != self._installation:
            raise SandboxLost(f"The sandbox {sandbox_id} does not belong to this installation.")
        spec = _spec(info.metadata)
        timeout = seconds_within(spec.wall_seconds)
        machine: Machine = patiently(
            lambda: self._client.Sandbox.connect(sandbox_id, timeout=timeout), doing
        )
        return E2BSandbox(machine, spec, network=None)

    def list(self, label: str = "") -> Sequence[str]:
        """Ids of the sandboxes that run or rest, all or those of one label."""
        wanted = {_INSTALLATION: self._installation} | ({_LABEL: label} if label else {})
        return sorted(each.sandbox_id for each in self._found(wanted))

    def labels(self) -> Mapping[str, str]:
        """The label of each sandbox that runs or rests, by its id."""
        found = self._found({_INSTALLATION: self._installation})
        return {each.sandbox_id: each.metadata.get(_LABEL, "") for each in found}

    def _create(self, spec: SandboxSpec, token: str) -> Machine:
        metadata = {
            _INSTALLATION: self._installation,
            _LABEL: spec.label,
            _TOKEN: token,
            _SPEC: json.dumps(asdict(spec), separators=(",", ":")),
        }

        def work() -> Machine:
            try:
                return self._client.Sandbox.create(
                    self._account.template,
                    timeout=seconds_within(min(SECONDS, spec.wall_seconds)),
                    metadata=metadata,
                    secure=True,
                    allow_internet_access=False,
                    network={"allow_public_traffic": False},
                    lifecycle={"on_timeout": "kill"},
                    idempotency_key=token,  # so that a second try makes no second sandbox
                )
            except Exception as error:
                if is_missing_template(error):
                    raise SandboxError(
                        f"E2B has no template {self._account.template!r} for this key. Build it "
                        "with `manage.py sandbox_template build`, or set E2B_TEMPLATE to one that "
                        "the key's account may use."
                    ) from error
                raise

        return patiently(work, "make a sandbox")

    def _found(self, wanted: Mapping[str, str]) -> Sequence[SandboxInfo]:
        def work() -> Sequence[SandboxInfo]:
            found: list[SandboxInfo] = []
            pages = self._client.Sandbox.list(query=SandboxQuery(metadata=dict(wanted)))
            while pages.has_next:
                found += pages.next_items()
            return found

        return patiently(work, "list the sandboxes")

    def _discard(self, token: str) -> None:
        """Whatever came of a creation that failed; at the latest its time runs out."""
        with suppress(SandboxError):
            for each in self._found({_TOKEN: token}):
                kill = partial(self._client.Sandbox.kill, each.sandbox_id)
                patiently(kill, "end a sandbox")

    def _try(self) -> None:
        sandbox = self.create(SandboxSpec("probe"))
        try:
            result = sandbox.run(["git", "--version"], timeout=_PROBE_SECONDS)
        finally:
            sandbox.close()
        if not result.ok:
            said = result.text.strip()[-300:] or result.reason
            raise SandboxError(f"A command could not be run in a sandbox at E2B: {said}")


def _spec(metadata: Mapping[str, str]) -> SandboxSpec:
    try:
        fields: dict[str, Any] = json.loads(metadata[_SPEC])
        return SandboxSpec(**{**fields, "limits": Limits(**fields["limits"])})
    except (KeyError, TypeError, ValueError) as error:
        raise SandboxLost("The sandbox was made by another version of Soulcaster.") from error
