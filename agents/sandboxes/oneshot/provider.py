"""Sandboxes made of one-shot tasks; see `agents.sandboxes.base.SandboxProvider`."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from agents.sandboxes.base import Isolation, Limits, SandboxError, SandboxLost, SandboxSpec
from agents.sandboxes.local.settings import check_name
from agents.sandboxes.oneshot.base import OneShotProvider, Store
from agents.sandboxes.oneshot.sandbox import OneShotSandbox

_SANDBOXES = "sandboxes/"


class OneShotSandboxes:
    """A provider like any other, from what starts tasks and what keeps workspaces."""

    def __init__(self, provider: OneShotProvider, store: Store) -> None:
        self.name = provider.name
        self._provider = provider
        self._store = store
        self._isolation: Isolation | None = None

    def probe(self) -> Isolation:
        """See SandboxProvider; asked once."""
        if self._isolation is None:
            self._isolation = self._provider.probe()
        return self._isolation

    def create(self, spec: SandboxSpec) -> OneShotSandbox:
        """A workspace; no task runs yet."""
        check_name(spec.label, "label")
        sandbox_id = f"{spec.label}-{secrets.token_hex(8)}"
        record = json.dumps({"spec": asdict(spec), "isolation": self.probe()}).encode()
        self._store.put(f"{_SANDBOXES}{sandbox_id}/sandbox.json", io.BytesIO(record))
        return self.connect(sandbox_id)

    def connect(self, sandbox_id: str) -> OneShotSandbox:
        """The sandbox of that id; raises SandboxLost when it is gone."""
        check_name(sandbox_id, "sandbox id")
        try:
            with self._store.open(f"{_SANDBOXES}{sandbox_id}/sandbox.json") as file:
                record = json.loads(file.read())
        except KeyError:
            raise SandboxLost(f"The sandbox {sandbox_id} is gone.") from None
        except ValueError as error:
            raise SandboxError(f"The sandbox {sandbox_id} cannot be read.") from error
        spec = SandboxSpec(**{**record["spec"], "limits": Limits(**record["spec"]["limits"])})
        isolation = Isolation(record["isolation"])
        return OneShotSandbox(sandbox_id, spec, isolation, self._provider, self._store)

    def list(self, label: str = "") -> Sequence[str]:
        """Ids of the sandboxes that exist, all or those of one label."""
        keys = self._store.keys(_SANDBOXES)
        ids = [key.split("/")[1] for key in keys if key.endswith("/sandbox.json")]
        return sorted(each for each in ids if label in ("", each.rpartition("-")[0]))

    def labels(self) -> Mapping[str, str]:
        """The label of each sandbox that exists, by its id."""
        return {sandbox_id: sandbox_id.rpartition("-")[0] for sandbox_id in self.list()}
