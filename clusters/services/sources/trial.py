"""Whether a source works: tried once, nothing stored.

A kind that is told gets a signed sample through the same checks and the same reader as a real
message; a kind that is asked is asked once.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from clusters import wiring
from clusters.forges.base import ForgeError
from clusters.models import FeedbackItem, Intake, Source
from clusters.services.sources import asking
from clusters.services.sources.kinds import KindInfo, info_for
from clusters.services.sources.samples import sample_of
from clusters.sources import masking, registry
from clusters.sources.base import (
    Filtered,
    IncomingReport,
    PushSource,
    Read,
    Received,
    SourceError,
    Unverified,
)
from credentials.errors import AppError, Invalid
from credentials.models import User
from credentials.services import teams

_SHOWN = 80  # characters of a report's text


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a trial showed: sentences for people, and for programs a code."""

    ok: bool
    text: str
    code: str


def test(user: User, source: Source) -> TestResult:
    """Try a source without storing anything; raises Forbidden, and Invalid for kinds without it."""
    teams.require_writer(user, source.project.team)
    info = info_for(source)
    if info.way == "asked":
        return _ask(source)
    push = registry.pushes().get(source.kind)
    if info.way != "pushed" or push is None:
        raise Invalid("source_not_tested", "There is nothing to try with a source of this kind.")
    return _tell(source, info, push)


def _ask(source: Source) -> TestResult:
    """Ask the service once."""
    try:
        asked = asking.pull_source(source)
        look = getattr(asked, "look", None)
        if look is None:
            return TestResult(
                True, "It is set up; the next fetch shows whether it answers.", "set_up"
            )
        text = f"{look(asking.config_of(source))}\n{_newest(source)}"
        return TestResult(True, text, "answers")
    except (ForgeError, SourceError) as error:
        return TestResult(False, str(error), error.code)
    except AppError as error:
        return TestResult(False, error.message, error.code)


def _newest(source: Source) -> str:
    """The report that came from it last."""
    items = FeedbackItem.objects.filter(project=source.project_id, source=source)
    newest = items.order_by("-id").first()
    if newest is None:
        return "No report has come from it so far."
    return f"The report that came last is “{str(newest)[:_SHOWN]}”."


def _tell(source: Source, info: KindInfo, push: PushSource) -> TestResult:
    """Send it a sample, as far as to the moment before it is stored."""
    if info.signs and source.secret is None:
        said = f"The {info.shares.lower()} is missing: store it first. Until then all is refused."
        return TestResult(False, said, "secret_missing")
    try:
        secret = wiring.source_secret(source)
        sample = sample_of(source.kind, source.config, secret, timezone.now())
        if sample is None:
            return TestResult(
                True, f"There is no sample of this kind. {_so_far(source)}", "no_sample"
            )
        read = _read(source, push, sample, secret)
    except AppError as error:
        return TestResult(False, error.message, error.code)
    except Unverified as error:
        return TestResult(False, str(error), "signature_invalid")
    return _said(source, info, read)


def _read(source: Source, push: PushSource, sample: Received, secret: str) -> list[Read]:
    push.verify(sample, secret, timezone.now())
    read = list(push.read(push.kept_headers(sample), sample.body, source.config))
    if not source.masks_personal_data:
        return read
    key = settings.SECRET_KEY.encode()
    return [masking.mask(each, key) if isinstance(each, IncomingReport) else each for each in read]


def _said(source: Source, info: KindInfo, read: list[Read]) -> TestResult:
    first = read[0] if read else Filtered("It holds no report.")
    so_far = _so_far(source)
    if not isinstance(first, IncomingReport):
        text = f"A sample was understood, but would not be stored. {first.reason}\n{so_far}"
        return TestResult(False, text, "left_out")
    signed = "signed sample" if info.signs else "sample"
    text = (
        f"A {signed} went all the way to the moment before it is stored. It would become "
        f"“{first.title[:_SHOWN]}” by {first.author or 'nobody named'}"
        f"{', with its stack trace' if first.trace else ''}.\n{so_far}"
    )
    return TestResult(True, text, "would_be_stored")


def _so_far(source: Source) -> str:
    """Whether anything real ever came, which a sample says nothing about."""
    paused = "" if source.enabled else " It is paused now, so that real messages are refused."
    if source.last_event_at is not None:
        return f"Real messages have arrived, too, the last one {_when(source)}.{paused}"
    if Intake.objects.filter(source=source).exists():
        return f"Real messages have arrived, too, but no report came of them so far.{paused}"
    return f"Nothing real has arrived so far: send something from the other side.{paused}"


def _when(source: Source) -> str:
    assert source.last_event_at is not None
    return f"on {timezone.localtime(source.last_event_at):%-d %B %Y at %H:%M}"
