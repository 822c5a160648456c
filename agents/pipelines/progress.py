"""Telling the pull request how far the work is, within a budget of calls."""

from __future__ import annotations

from agents.pipelines import pr_text, sticky
from agents.pipelines.base import Stop
from agents.pipelines.run import FixRun
from clusters.forges.base import ForgeError

# Updates before the last one, which every job makes.
_MOST_UPDATES = 3
# A job takes at most 12 calls, of which an update takes two and the end four.
_CALLS_BEFORE = 6


def tell(run: FixRun, text: str) -> None:
    """Say it in the text of the draft. The work goes on when the forge cannot be reached now."""
    if run.pull_number is None or run.updates >= _MOST_UPDATES or run.forge.calls > _CALLS_BEFORE:
        return
    run.updates += 1
    body = pr_text.draft_body(run.context, run.isolation, progress=text)
    try:
        pull = run.forge.get_pr(run.pull_number, comments=False)
        run.forge.update(run.pull_number, body=sticky.replaced(pull.body, body))
    except ForgeError as error:
        if error.code == "token_invalid":
            # Nothing could be published at the end: stop before more money is spent.
            raise Stop("credential_expired", str(error)) from None
        run.journal.say(f"The pull request's text stays as it was: {error}")
