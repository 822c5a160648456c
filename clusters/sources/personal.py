"""Finds personal data and keys in text, and leaves versions, ids, dates and numbers of lines alone.

Every pattern is bounded, so that a text made to be slow is not: nothing is looked for further than a
few hundred characters.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A value from `start` to before `end`; `value` is how it is compared."""

    kind: str
    start: int
    end: int
    value: str


def personal_data(text: str) -> Iterator[Found]:
    """What is personal in a text, from its beginning to its end, without overlaps."""
    end = 0
    found = [one for look in _LOOKS for one in look(text)]
    # Of two that overlap the one that begins first, then the one that is looked for first.
    for one in sorted(found, key=lambda each: each.start):
        if one.start >= end:
            yield one
            end = one.end


# --- keys ------------------------------------------------------------------------------------

_KEYS = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:
        (?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,255}
        | github_pat_[A-Za-z0-9_]{20,255}
        | glpat-[A-Za-z0-9_-]{16,100}
        | (?:sk|rk|pk)[_-](?:live|test|ant|proj|or|svcacct)[_-][A-Za-z0-9_-]{10,255}
        | sk-[A-Za-z0-9]{20,255}
        | xox[abeprs]-[A-Za-z0-9-]{10,255}
        | whsec_[A-Za-z0-9+/=_-]{16,255}
        | (?:AKIA|ASIA)[A-Z0-9]{16}
        | AIza[A-Za-z0-9_-]{35}
        | npm_[A-Za-z0-9]{36}
        | pypi-[A-Za-z0-9_-]{50,255}
        | SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}
        | eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{0,2000}
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)
_PEM = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.{1,8000}?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
# What stands behind a name such as `password=`, in the quotes around it if there are any.
_NAMED = re.compile(
    r"""(?i)\b(?:pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|
        refresh[_-]?token|client[_-]?secret|private[_-]?key|session[_-]?id|token)
        ["']?\s{0,3}[:=]\s{0,3}(?P<quote>["']?)(?P<value>[^\s"'<>\[\](){},;&]{8,512})(?P=quote)""",
    re.VERBOSE,
)
_BEARER = re.compile(
    r"(?i)\b(?:bearer|basic|authorization:\s{0,3}token)\s{1,3}(?P<value>[A-Za-z0-9._~+/=-]{16,4000})"
)
_IN_ADDRESS = re.compile(r"://(?P<value>[^\s/@:]{1,100}:[^\s/@]{1,200})@")
_DIGIT = re.compile(r"[0-9]")


def _keys(text: str) -> Iterator[Found]:
    for pattern in (_PEM, _KEYS):
        for match in pattern.finditer(text):
            yield Found("key", match.start(), match.end(), match[0])
    for pattern in (_NAMED, _BEARER, _IN_ADDRESS):
        for match in pattern.finditer(text):
            value = match["value"]
            # Words are no keys: `password: required`, `token = request`.
            if _DIGIT.search(value) or pattern is _IN_ADDRESS:
                yield Found("key", match.start("value"), match.end("value"), value)


# --- e-mail ----------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![\w-]|\.\w)"
)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text) if "@" in text else ():
        yield Found("email", match.start(), match.end(), match[0].lower())


# --- numbers with a check digit --------------------------------------------------------------

_CARD = re.compile(
    r"(?<![\w.+-])(?:[2-6]\d{3}([ -]?)\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -]?)\d{6}\2\d{4,5})(?![\w-]|\.\d)",
    re.ASCII,
)
_CARD_LENGTHS = {"2": {16}, "3": {14, 15, 16}, "4": {13, 16, 19}, "5": {16}, "6": {16, 19}}
_IBAN = re.compile(
    r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])", re.ASCII
)


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        if len(digits) in _CARD_LENGTHS[digits[0]] and _luhn(digits):
            yield Found("card", match.start(), match.end(), digits)


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return len(set(digits)) > 1 and sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        # A word in capitals may stand behind it: as much of it as fits.
        found = match[0]
        while found and not _is_iban(found.replace(" ", "")):
            found = found.rpartition(" ")[0]
        if found:
            yield Found("iban", match.start(), match.start() + len(found), found.replace(" ", ""))


def _is_iban(text: str) -> bool:
    if not 15 <= len(text) <= 34:
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


# --- telephone -------------------------------------------------------------------------------

_PHONES = (
    # +49 30 1234567, also with (0) and brackets.
    re.compile(r"(?<![\w+.,:-])\+[1-9](?:[ ()./-]{0,3}\d){7,14}(?![\w]|[.:-]\d)", re.ASCII),
    # (555) 234-5678, 555-234-5678
    re.compile(
        r"(?<![\w.,:+#/-])(?:\([2-9]\d\d\) ?|[2-9]\d\d[ -])[2-9]\d\d[ -]\d{4}(?![\w]|[.:-]\d)",
        re.ASCII,
    ),
)
_CALLED = re.compile(
    r"(?i)\b(?:tel|telephone|phone|mobile|cell|fax|call me (?:at|on)|whatsapp|telefon|handy|mobil)\b"
    r"\.?(?: (?:no|number|nr|nummer|is))?\.?\s{0,2}[:=]?\s{0,2}(?P<value>\+?\(?\d(?:[ ()./-]{0,3}\d){5,14})(?!\w)",
    re.ASCII,
)


def _phones(text: str) -> Iterator[Found]:
    for pattern in _PHONES:
        for match in pattern.finditer(text):
            yield _phone(match.start(), match[0])
    for match in _CALLED.finditer(text):
        yield _phone(match.start("value"), match["value"])


def _phone(start: int, text: str) -> Found:
    return Found("phone", start, start + len(text), re.sub(r"\(0\)|\D", "", text))


# --- IP --------------------------------------------------------------------------------------

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\w.@=+/-])(?:{_OCTET}\.){{3}}{_OCTET}(?![\w-]|\.\d)", re.ASCII)
_IPV4_IN_ADDRESS = re.compile(rf"(?<=//)(?:{_OCTET}\.){{3}}{_OCTET}(?![\w.-])", re.ASCII)
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{1,36}[0-9A-Fa-f](?![\w:]|\.\d)", re.ASCII
)
# Four numbers with dots behind one of these are a version.
_OF_A_VERSION = re.compile(
    r"(?i)(?:\b(?:v|ver|version|versions|release|releases|build|upgrad\w{1,4}|downgrad\w{1,4}|updat\w{1,4}|"
    r"since|until|before|after|fixed in|firmware)\b[^\n.!?]{0,20}|(?:\d+\.){2,3}\d+ ?(?:to|->|and|or|,|-) ?)\Z"
)
_ROUND_ABOUT = 40
# The addresses that hosts of IPv6 have; much else is a word with colons in it, such as `a::b`.
_HOSTS = tuple(ipaddress.IPv6Network(text) for text in ("2000::/3", "fc00::/7", "fe80::/10"))


def _ips(text: str) -> Iterator[Found]:
    for match in _IPV4.finditer(text):
        before = text[max(0, match.start() - _ROUND_ABOUT) : match.start()]
        if not _OF_A_VERSION.search(before):
            yield from _ip(match)
    for match in _IPV4_IN_ADDRESS.finditer(text):
        yield from _ip(match)
    for match in _IPV6.finditer(text) if ":" in text else ():
        yield from _ip(match)


def _ip(match: re.Match[str]) -> Iterator[Found]:
    """An address that is somebody's: not this machine, and not nobody's."""
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return
    if isinstance(address, ipaddress.IPv4Address):
        somebodys = address.packed[0] not in {0, 127} and not address.is_multicast
    else:
        somebodys = any(address in network for network in _HOSTS)
    if somebodys:
        yield Found("ip", match.start(), match.end(), str(address))


_LOOKS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _keys,
    _emails,
    _ibans,
    _cards,
    _ips,
    _phones,
)
