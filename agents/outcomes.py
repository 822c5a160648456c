"""Why a job ended: a closed set of codes, each with one sentence that says what to do.

Plain data; the pages, the API, the PR text and `bin/demo` all read it from here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way for a job to end."""

    code: str
    status: str  # the job's ended status: completed | failed | cancelled
    sentence: str
    retryable: bool = False
    exit_code: int = 1  # of `bin/demo --exit`
    # Worth a further attempt by itself after a pause: nobody has to change anything first.
    transient: bool = False


_ALL = [
    Outcome(
        "verified",
        "completed",
        "The fix is proven by the tests: review and merge the pull request.",
        exit_code=0,
    ),
    Outcome(
        "unverified",
        "completed",
        "The tests do not prove the fix: the pull request stays a draft. Read the receipts, then edit the plan or finish the change by hand.",
        retryable=True,
        exit_code=3,
    ),
    Outcome(
        "no_tests",
        "completed",
        "There are no tests to prove the fix with: read the diff of the draft with care, or add tests and try again.",
        exit_code=4,
    ),
    Outcome(
        "no_changes",
        "failed",
        "The agent made no commits, so its draft was closed. Sharpen the plan or choose another runner.",
        retryable=True,
        exit_code=5,
    ),
    Outcome(
        "planned",
        "completed",
        "The plan is written: read it on the cluster's page before you approve it.",
        exit_code=0,
    ),
    Outcome(
        "no_plan",
        "failed",
        "The agent ended without a plan: have it written from the evidence, or choose another runner.",
    ),
    Outcome(
        "no_model",
        "completed",
        "No model is configured, so the run ends after plan and baseline. Set a model key, or choose a runner that has one.",
        exit_code=6,
    ),
    Outcome(
        "guard_blocked",
        "completed",
        "The change was kept back by the project's guard: read its findings on the job page.",
        exit_code=7,
    ),
    Outcome(
        "cancelled", "cancelled", "The job was cancelled; nothing more will be done.", exit_code=8
    ),
    Outcome(
        "repository_unavailable",
        "failed",
        "The repository could not be read: check its address and your access.",
        retryable=True,
    ),
    Outcome(
        "repository_empty",
        "failed",
        "The repository has no commits yet: push a first one and try again.",
    ),
    Outcome(
        "no_write_access",
        "failed",
        "You may not write to this repository: ask its owner, or connect another.",
    ),
    Outcome(
        "repository_archived",
        "failed",
        "The repository is archived, so nothing can be changed in it: unarchive it, or connect another.",
    ),
    Outcome(
        "branch_taken",
        "failed",
        "Somebody else's pull request uses the branch that this job needs: close it, or rename its branch.",
    ),
    Outcome(
        "token_missing",
        "failed",
        "There is no GitHub token of yours to work with: connect GitHub, then start the job again.",
    ),
    Outcome(
        "token_invalid",
        "failed",
        "The forge does not accept your token: connect GitHub again, then start the job again.",
    ),
    Outcome(
        "credential_expired",
        "failed",
        "Your token ran out or was revoked while the job ran: connect GitHub again, then start the job again.",
    ),
    Outcome(
        "scope_missing",
        "failed",
        "Your token may do too little: connect GitHub again and allow access to repositories.",
    ),
    Outcome(
        "sso_required",
        "failed",
        "The organisation wants your token authorised for its single sign-on: open the link in the details, then try again.",
    ),
    Outcome(
        "rate_limited",
        "failed",
        "The forge's limit for your account was used up for hours: try again later.",
        retryable=True,
    ),
    Outcome(
        "push_refused",
        "failed",
        "The forge's rules for branches refused the push: read the details, then change the rules or the branch prefix.",
        retryable=True,
    ),
    Outcome(
        "forge_refused",
        "failed",
        "The forge refused what the job asked for: read the details.",
        retryable=True,
    ),
    Outcome(
        "runner_not_configured",
        "failed",
        "The chosen runner is not set up here: choose another, or set it up as its page says.",
    ),
    Outcome(
        "sandbox_failed",
        "failed",
        "No sandbox could be started: see the log for the reason, then try again.",
        retryable=True,
        transient=True,
    ),
    Outcome(
        "sandbox_lost",
        "failed",
        "The sandbox went away in mid-run: try again.",
        retryable=True,
        transient=True,
    ),
    Outcome(
        "not_isolated",
        "failed",
        "This machine cannot isolate the sandbox, and the project does not allow runs without isolation. Install bubblewrap, or switch such runs on in the project's settings.",
    ),
    Outcome(
        "setup_failed",
        "failed",
        "The project's dependencies could not be installed: read the log, set the setup command, or allow the network during setup.",
        retryable=True,
    ),
    Outcome(
        "tests_hang",
        "failed",
        "The test command did not end in time: set a faster test command or a longer limit in the project's settings.",
    ),
    Outcome(
        "agent_failed",
        "failed",
        "The coding agent ended with an error: read the end of the log.",
        retryable=True,
    ),
    Outcome(
        "agent_key_refused", "failed", "The model provider refused the key: check it and try again."
    ),
    Outcome(
        "model_unavailable",
        "failed",
        "The model provider did not answer in time or was over its limits: try again later, or choose another model.",
        retryable=True,
    ),
    Outcome(
        "model_unknown",
        "failed",
        "The model provider does not know the model: choose another for this job or in the settings.",
    ),
    Outcome(
        "budget_spent",
        "completed",
        "The job's budget was used up before the fix was proven: commits made until then are in the draft. Raise the budget in the project's settings, or make the plan smaller.",
        retryable=True,
        exit_code=9,
    ),
    Outcome(
        "rejected",
        "completed",
        "A person rejected it, so nothing was pushed: read the comment, then edit the plan.",
        retryable=True,
        exit_code=10,
    ),
    Outcome(
        "sandbox_limit",
        "failed",
        "The sandbox used up its memory or disk: see the log for which, then raise the limit or make the command smaller.",
        retryable=True,
    ),
    Outcome(
        "time_limit",
        "failed",
        "The job reached its time limit: raise it in the project's settings, or make the plan smaller.",
        retryable=True,
    ),
    Outcome(
        "agent_limit",
        "failed",
        "The coding agent did not end within its time limit: raise it in the project's settings, or make the plan smaller.",
        retryable=True,
    ),
    Outcome(
        "agent_idle",
        "failed",
        "The coding agent said nothing for too long and was ended: try again, choose another runner, or raise the idle limit in the project's settings.",
        retryable=True,
    ),
    Outcome(
        "disk_full",
        "failed",
        "The platform's own disk or database is full: free some space, then try again.",
        retryable=True,
    ),
    Outcome(
        "merge_conflict",
        "failed",
        "The change does not apply to the base branch any more: run the job again.",
        retryable=True,
    ),
    Outcome(
        "forge_unavailable",
        "failed",
        "The forge did not answer: try again in a few minutes.",
        retryable=True,
        transient=True,
    ),
    Outcome(
        "worker_lost",
        "failed",
        "The worker died and the run could not be taken up again: try again.",
        retryable=True,
    ),
    Outcome(
        "internal_error",
        "failed",
        "Something broke on our side; the operator's log has the details under this job's number.",
        retryable=True,
    ),
]

OUTCOMES: dict[str, Outcome] = {outcome.code: outcome for outcome in _ALL}


def outcome(code: str) -> Outcome:
    """The outcome of a code; an unknown code reads as `internal_error` and never as success."""
    return OUTCOMES.get(code, OUTCOMES["internal_error"])
