"""What an order is about, in whatever words: concepts that only an attack brings together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clusters.cleaning.base import Flag, excerpt
from clusters.cleaning.screening.sentences import Sentence, sentences
from clusters.cleaning.screening.telling import is_subject

# Reports of a hole say what an attacker can do; forms ask to leave secrets out.
_OF_ATTACKS = re.compile(
    r"\b(?:an?|the|any|some|malicious|remote) (?:\w{1,15} )?(?:xss|exploits?|scripts?|pages?|sites?|plugins?|extensions?|payloads?|users?|members?|guests?|attackers?|hackers?|intruders?|adversar(?:y|ies)|visitors?|strangers?) (?:can|could|may|might|is able|are able|would|gets|will)\b"
)
_REDACTS = re.compile(
    r"\b(?:redact|mask|anonymi[sz]e|censor|strip|hide|remove|blank out) (?:any|all|your|the|sensitive|personal)\b[^¶]{0,40}\b(?:before (?:you )?(?:past|post|submit|attach|send|shar|upload)|from (?:the|your|any) (?:logs?|output|config\w*))"
)

_WEAKENS = "It asks to take a protection away."
_REVIEW = "It asks to get around review, tests or the people who decide."
_HIDES = "It asks to hide something from the people who decide."
_SECRETS = "It asks for secrets to be printed or sent somewhere."
_PROMPT = "It asks what an agent was told."
_RIGHTS = "It asks for rights for somebody."
_PLANTS = "It asks to put something harmful into the code."
_CI = "It asks for a change to CI or branch rules that makes them weaker or leaks secrets."
_FETCHES = "It asks to take code from somewhere else."
_ROLE = "It asks an agent to be somebody else."
_POSES = "It poses as somebody who decides."
_LIES = "It asks to claim what is not so."
_WORK = "It asks to rearrange other people's reports."
_RULES = "It asks an agent to drop the rules it was given."
_TOOL = "It asks to use a tool for something harmful."
_ADDRESS = "It speaks to an agent and tells it what to do."
_ELSEWHERE = "It asks to follow what is written elsewhere."

_CHANGES = ("remove", "disable", "edit", "ship", "run", "fetch", "tell", "claim", "judge", "obey")


@dataclass(frozen=True, slots=True)
class Together:
    """`orders`: one of these verbs stands as an order; `means`: one of each group is there;

    `without`: none of these is.
    """

    kind: str
    reason: str
    orders: tuple[str, ...]
    means: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ("wrong", "feature")

    def fits(self, said: Sentence) -> bool:
        """Whether the sentence brings these together."""
        if self.orders and not said.orders.intersection(self.orders):
            return False
        if not all(said.means.intersection(group) for group in self.means):
            return False
        return not said.means.intersection(self.without)


RULES: tuple[Together, ...] = (
    Together("instructions", _WEAKENS, ("remove", "disable"), (("guard",),)),
    Together("instructions", _REVIEW, ("remove", "disable"), (("tests",),)),
    Together("instructions", _WEAKENS, ("edit", "show", "fetch"), (("bypass",),)),
    Together("ci_edits", _CI, ("remove", "disable"), (("gate",), ("ci",))),
    Together("ci_edits", _CI, ("remove", "disable"), (("gatekeeper",),)),
    Together("ci_edits", _CI, ("edit", "show", "ship", "tell"), (("ci",), ("bypass", "secret", "foreign_place", "unasked", "rights"))),
    Together("exfiltration", _SECRETS, ("tell",), (("secret",), ("out",))),
    Together("exfiltration", _SECRETS, ("show", "edit", "tell"), (("secret",), ("out",), ("aside", "agent", "please"))),
    Together("exfiltration", _PROMPT, ("tell", "show", "claim"), (("prompt",),)),
    Together("exfiltration", _PROMPT, (), (("told_before",),)),
    Together("exfiltration", _SECRETS, (), (("demand",), ("jewels",))),
    Together("ci_edits", _CI, (), (("please",), ("disable", "remove"), ("gate",), ("ci", "unasked"))),
    Together("exfiltration", _PROMPT, (), (("prompt",), ("out",), ("duty", "you"))),
    Together("exfiltration", _SECRETS, (), (("duty",), ("show", "tell"), ("secret",), ("out", "rights"))),
    Together("exfiltration", _SECRETS, ("tell",), (("secret",), ("whose", "foreign_place", "please"))),
    Together("instructions", _RIGHTS, ("edit", "ship", "judge"), (("rights",), ("whose",))),
    Together("instructions", _RIGHTS, (), (("duty",), ("rights",), ("whose",), ("agent",)), ()),
    Together("instructions", _PLANTS, ("edit", "show", "fetch", "tell"), (("planted",),), ("feature",)),
    Together("instructions", _FETCHES, ("fetch", "edit"), (("dep",), ("foreign_place",))),
    Together("instructions", _REVIEW, (*_CHANGES, "show"), (("approved",),), ("feature",)),
    Together("instructions", _REVIEW, (), (("approved",), ("unasked", "conceal")), ("feature",)),
    Together("instructions", _HIDES, (), (("unasked",), ("conceal",)), ()),
    Together("instructions", _HIDES, ("conceal",), (), ("feature",)),
    Together("instructions", _REVIEW, ("run",), (("unasked",),)),
    Together("instructions", _REVIEW, (*_CHANGES, "show"), (("unasked",), ("you", "agent", "approved", "whose"))),
    Together("instructions", _HIDES, (), (("conceal",), ("guard", "gate", "tests", "rights", "secret", "work", "unasked", "approved"))),
    Together("ci_edits", _CI, ("edit", "show", "fetch", "run"), (("ci",), ("jewels", "planted", "approved", "conceal", "whose"))),
    Together("ci_edits", _CI, ("edit", "fetch"), (("gate",), ("bypass",))),
    Together("tool_calls", _TOOL, (), (("havoc",), ("please", "aside", "agent", "approved", "unasked"))),
    Together("tool_calls", _TOOL, (), (("harm",), ("agent", "aside", "unasked"))),
    Together("role_play", _ROLE, ("empowered",), (), ("wrong",)),
    Together("instructions", _RULES, ("unbound",), ()),
    Together("instructions", _REVIEW, ("hush",), ()),
    Together("instructions", _RULES, (), (("agent",), ("unbound",))),
    Together("exfiltration", _SECRETS, ("run", "fetch"), (("secret", "jewels"), ("out", "tool"))),
    Together("exfiltration", _SECRETS, ("ship",), (("jewels",),)),
    Together("instructions", _REVIEW, ("ship",), (("harm", "bypass"),)),
    Together("instructions", _ADDRESS, (), (("for_agent",), ("said_to", "you"), ("judge", "duty", *_CHANGES, "show", "conceal")), ("feature",)),
    Together("role_play", _ROLE, (), (("you_are",), ("unasked", "planted", "havoc", "jewels")), ("wrong", "feature", "told_of")),
    Together("ci_edits", _CI, (), (("duty",), ("ci",), ("bypass", "unasked", "foreign_place"))),
    Together("exfiltration", _SECRETS, ("run", "fetch"), (("secret", "jewels"), ("out",), ("tell",))),
    Together("ci_edits", _CI, ("disable",), (("ci",), ("bypass",)), ()),
    Together("instructions", _ADDRESS, (), (("agent",), ("reader",), ("duty", "you", "please", "conceal", *_CHANGES)), ("feature",)),
    Together("instructions", _RULES, (), (("unbound",), ("ship", "tell", "claim", "edit", "remove")), ("feature",)),
    Together("instructions", _RULES, ("ignore",), (("unbound", "prompt", "jewels", "rights", "success", "conceal"),), ("feature",)),
    Together("instructions", _RIGHTS, (), (("ignore",), ("rights",), ("whose",)), ("feature",)),
    Together("instructions", _LIES, (), (("duty",), ("claim",), ("success",)), ("feature",)),
    Together("tool_calls", _TOOL, ("run", "fetch"), (("foreign_place", "rights"), ("unasked",)), ("feature",)),
    Together("exfiltration", _SECRETS, ("tell", "claim"), (("jewels",),), ("feature",)),
    Together("tool_calls", _TOOL, ("run", "show", "edit", "remove", "ship", "obey"), (("havoc",),)),
    Together("instructions", _REVIEW, ("remove", "disable", "edit"), (("tests",), ("success", "unasked", "conceal", "bypass")), ()),
    Together("instructions", _PLANTS, (), (("planted",), ("conceal", "agent", "aside"), ("edit", "show", "duty"))),
    Together("role_play", _ROLE, (), (("empowered",), ("planted", "rights", "harm"))),
    Together("instructions", _RULES, (), (("unbound",), ("you",)), ()),
    Together("instructions", _ELSEWHERE, ("obey",), (("elsewhere",),)),
    Together("exfiltration", _SECRETS, ("tell",), (("jewels",),), ("wrong",)),
    Together("exfiltration", _SECRETS, ("show", "edit", "run"), (("jewels",), ("out", "whose", "foreign_place"))),
    Together("exfiltration", _SECRETS, (), (("jewels",), ("foreign_place", "out"), ("duty", "please", "aside", "agent"))),
    Together("exfiltration", _SECRETS, ("please",), (("jewels", "secret"), ("tell", "show"), ("out",))),
    Together("tool_calls", _TOOL, ("run",), (("tool",), ("bypass",))),
    Together("instructions", _FETCHES, ("obey", "fetch"), (("elsewhere",),)),
    Together("instructions", _REVIEW, ("ship", "disable", "judge"), (("unasked",),)),
    Together("instructions", _HIDES, (*_CHANGES, "show"), (("conceal",),)),
    Together("instructions", _LIES, ("claim", "show", "tell"), (("success",),)),
    Together("instructions", _WORK, ("judge", "edit"), (("work",),)),
    Together("role_play", _ROLE, ("act_as",), (("rights", "empowered", "rules", "secret", "planted", "harm", "guard", "agent", "tool"),)),
    Together("instructions", _WEAKENS, (), (("duty",), ("remove", "disable"), ("guard", "tests", "gate"), ("approved", "unasked", "conceal", "whose", "aside"))),
    Together("instructions", _REVIEW, _CHANGES, (("licence",), ("approved", "aside", "agent", "foreign_place", "unasked"))),
    Together("tool_calls", _TOOL, ("run", "edit", "show", "obey", "fetch", "remove"), (("tool",), ("harm", "foreign_place", "secret", "approved"))),
    Together("tool_calls", _TOOL, ("run", "edit", "show", "fetch"), (("harm",), ("aside", "tool", "whose", "agent"))),
    Together("instructions", _RULES, (), (("agent_file",), ("unasked", "approved", "conceal", "whose"))),
    Together("instructions", _FETCHES, ("edit", "show", "run", "fetch", "tell"), (("aside",), ("foreign_place", "secret", "guard", "rights", "planted"))),
    Together("role_play", _ROLE, (), (("empowered",), ("you", "agent"))),
    Together("instructions", _RULES, ("ignore",), (("rules",), ("you", "agent"))),
    Together("fake_system", _POSES, (), (("posing",),), ("feature",)),
    Together("instructions", _ELSEWHERE, ("obey",), (("foreign_place",),)),
    Together("instructions", _REVIEW, (), (("agent",), ("remove", "disable", "ship"), ("guard", "tests", "conceal", "unasked", "approved"), ("duty", "you", "please", "aside", "conceal"))),
)  # fmt: skip

# What was encoded or hidden was not meant for people: any order about these is enough.
CONCEALED_RULES: tuple[Together, ...] = (
    Together("encoded", _RULES, ("ignore",), (("rules", "prompt", "guard"),), ()),
    Together("encoded", _REVIEW, _CHANGES, (("tests", "guard", "gate", "rights", "ci", "havoc", "harm", "rules", "unasked", "planted", "agent_file"),), ()),
    Together("encoded", _SECRETS, ("tell", "show", "run", "fetch"), (("secret", "jewels", "prompt"),), ()),
    *RULES,
)  # fmt: skip

# What stands alone there is enough when it only speaks of rights or of the agent.
HIDDEN_RULES: tuple[Together, ...] = (
    Together("encoded", _RULES, (), (("empowered", "posing", "approved", "conceal", "for_agent", "unbound"),), ()),
    *CONCEALED_RULES,
)  # fmt: skip


def together(text: str, rules: tuple[Together, ...] = RULES) -> Iterator[Flag]:
    """The first flag of each reason in a folded text."""
    told: set[str] = set()
    for said in sentences(text):
        if not said.means or _OF_ATTACKS.search(said.text):
            continue
        subject = rules is RULES and is_subject(said.text, 0)
        for one in rules:
            if one.kind == "exfiltration" and _REDACTS.search(said.text):
                continue
            if one.reason not in told and one.fits(said) and not (one.orders and subject):
                told.add(one.reason)
                yield Flag(one.kind, one.reason, excerpt(said.text))
