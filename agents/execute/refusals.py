"""Keys that a provider refused while a job used them: the page of keys says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from credentials.services import credentials


class _Used(Protocol):
    """A key that was revealed; None for one of the operator's."""

    @property
    def credential_id(self) -> int | None: ...


def note(code: str, job_id: int, agents: Sequence[_Used], forges: _Used | None) -> None:
    """Note an outcome's refusal, so that the next job does not run into it again.

    `agents` are the keys that the agent worked with, `forges` is the forge's.
    """
    if code == "agent_key_refused":
        refused = [key.credential_id for key in agents]
    elif code in {"token_invalid", "credential_expired"} and forges:
        refused = [forges.credential_id]
    else:
        return
    said = f"The provider refused it while job {job_id} used it."
    for credential_id in refused:
        if credential_id is not None:
            credentials.refused(credential_id, said, revoked=code != "agent_key_refused")
