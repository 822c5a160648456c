"""The kinds of source that people can connect, in the words that the pages and the API use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from clusters.models import Source
from clusters.sources import registry
from credentials.errors import Invalid

Way = Literal["pushed", "asked", "form", "here"]
SignedWith = Literal["", "theirs", "ours"]


@dataclass(frozen=True, slots=True)
class KindInfo:
    """One kind: `way` is how its reports come in, `signed_with` whose secret signs them, if any.

    `shares` names the secret; with it and without a signature, one is possible and not needed.

    `here`: reports of these kinds are brought in by people or scripts, and nothing is connected.
    """

    kind: str
    title: str
    purpose: str
    way: Way
    signed_with: SignedWith = ""
    shares: str = ""

    @property
    def has_address(self) -> bool:
        """Whether something is sent to an address of ours that names the source."""
        return self.way in {"pushed", "form"}

    @property
    def signs(self) -> bool:
        """Whether what is sent has to be signed."""
        return bool(self.signed_with)

    @property
    def takes_secret(self) -> bool:
        """Whether a secret can be stored with it."""
        return bool(self.shares)


_Kind = Source.Kind
KINDS: dict[str, KindInfo] = {
    info.kind: info
    for info in (
        KindInfo(
            _Kind.GITHUB,
            "GitHub issues",
            "What people report as issues of a repository, with the comments as evidence.",
            "asked",
        ),
        KindInfo(
            _Kind.SENTRY,
            "Sentry",
            "Errors that your Sentry has collected, with their stack traces, as soon as it tells.",
            "pushed",
            "theirs",
            "Client secret",
        ),
        KindInfo(
            _Kind.SDK,
            "Sentry SDK",
            "Errors of your applications straight from a stock sentry-sdk, without a Sentry server.",
            "pushed",
        ),
        KindInfo(
            _Kind.REDDIT,
            "Reddit",
            "What people write about you in a subreddit, looked for every few minutes.",
            "asked",
            shares="Id and secret of the application",
        ),
        KindInfo(
            _Kind.SLACK,
            "Slack",
            "Messages of the channels in which customers or colleagues complain.",
            "pushed",
            "theirs",
            "Signing secret",
        ),
        KindInfo(
            _Kind.WEBHOOK,
            "Webhook",
            "Anything that can post signed JSON: help desks, survey tools, automations of your own.",
            "pushed",
            "ours",
            "Signing secret",
        ),
        KindInfo(
            _Kind.FORM,
            "Feedback form",
            "A page where your users say what is wrong, by itself or as a button on your own site.",
            "form",
        ),
        KindInfo(
            _Kind.API,
            "API",
            "Reports that a script of yours sends with a personal token.",
            "here",
        ),
        KindInfo(
            _Kind.FILE,
            "File",
            "An export of another tool as CSV or JSON lines, once or every now and then.",
            "here",
        ),
        KindInfo(
            _Kind.MANUAL,
            "By hand",
            "Something that a person told you, written down in half a minute.",
            "here",
        ),
    )
}
CONNECTABLE = tuple(kind for kind, info in KINDS.items() if info.way != "here")


def info_of(kind: str) -> KindInfo:
    """What is known about a kind; reports of a kind that we do not know came with a file."""
    known = KINDS.get(kind) or _installed().get(kind)
    if known is not None:
        return known
    title = Source.Kind(kind).label if kind in Source.Kind.values else kind
    return KindInfo(kind, title, "Reports that came with a file.", "here")


def info_for(source: Source) -> KindInfo:
    """The same for a source as it is: those that a file has made are not connected to anything."""
    info = info_of(source.kind)
    told = info.has_address and bool(source.public_key)
    asked = info.way == "asked" and (source.next_sync_at or source.synced_at) is not None
    return info if told or asked else replace(info, way="here", signed_with="", shares="")


def connectable(kind: str) -> KindInfo:
    """A kind that people connect; raises Invalid for any other."""
    info = info_of(kind)
    if info.way == "here":
        names = ", ".join([*CONNECTABLE, *_installed()])
        text = f"A source of the kind {kind[:40]!r} is not connected. These are: {names}."
        raise Invalid("source_kind_unknown", text, fields={"kind": [text]})
    return info


def all_kinds() -> list[KindInfo]:
    """Ours, then those that are installed from other packages."""
    return [*KINDS.values(), *_installed().values()]


def _installed() -> dict[str, KindInfo]:
    """Kinds of other packages, which say no more than their name."""
    purpose = "A kind of source that an operator of this server has installed."
    pushes = {
        kind: KindInfo(kind, each.label, purpose, "pushed", "ours" if each.signs else "", "Secret")
        for kind, each in registry.pushes().items()
    }
    pulls = {
        kind: KindInfo(kind, each.label, purpose, "asked")
        for kind, each in registry.pulls().items()
    }
    return {kind: info for kind, info in (pushes | pulls).items() if kind not in KINDS}
