"""What encoded parts of a text say: Base64, Base32, hex, binary, URL, entities, rot13, leet and more."""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

_MOST = 40  # decoded parts of one text
_LONGEST = 20_000  # characters of one encoded part
_READABLE = re.compile(r"[\w\s.,:;!?'\"()/@$_-]")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,20000}={0,2}(?![\w+/=-])")
_BASE64_LINES = re.compile(r"(?:^[A-Za-z0-9+/]{20,100}\n){1,200}[A-Za-z0-9+/]{2,100}={0,2}$", re.M)
_BASE32 = re.compile(r"\b[A-Z2-7]{24,4000}={0,6}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:\\x|0x|%)?[0-9a-fA-F]{2}[\s,:]{0,2}){12,8000}")
_BINARY = re.compile(r"(?:[01]{8}[\s,]{0,2}){8,4000}")
_DECIMAL = re.compile(r"(?:\b\d{2,3}\b[\s,;]{1,2}){8,2000}\d{2,3}\b")
_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_ENTITY = re.compile(r"&#x?[0-9a-fA-F]{2,6};")
_ESCAPE = re.compile(r"\\(?:u\{?[0-9a-fA-F]{4,6}\}?|x[0-9a-fA-F]{2}|[0-7]{3})")
# Where an encoded part begins, a sentence does.
_BEGINS = re.compile(
    r"(?<!\S)(?:(?:%[0-9a-fA-F]{2}|&#x?[0-9a-fA-F]{2,6};|\\u\{?[0-9a-fA-F]{4,6}\}?|\\x[0-9a-fA-F]{2}|\\[0-7]{3}){1,4000} ?){1,400}"
)
_MORSE = re.compile(r"(?:[.\u00b7\u2022-]{1,5}[ /|]{1,3}){8,2000}[.\u00b7\u2022-]{1,5}")
_MORSE_LETTERS = dict(
    zip(
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
        ],
        "abcdefghijklmnopqrstuvwxyz",
        strict=True,
    )
)
# Words in pieces: "ig-nore pre-vious".
_HYPHENS = re.compile(r"(?<=[a-z]{2})-(?=[a-z]{2})", re.IGNORECASE)
_SPACED = re.compile(r"(?<!\w)(?:\w[ ._*|/\u00b7-]{1,3}){7,400}\w(?!\w)")
_LEET = re.compile(r"(?=\S{0,30}[0-9@$|])(?=\S{0,30}[a-zA-Z])\S{2,30}")
_LEET_LETTERS = str.maketrans("0134578@$|+", "oieastbasit")
_LEET_READINGS = (_LEET_LETTERS, str.maketrans("0134578@$|+", "oleastbasit"))
# A word that almost every order has, as it looks when the text is turned.
_TELLING = ("instruct", "ignore", "disregard", "forget", "prompt", "secret", "token", "environment", "delete", "execute", "system", "credential", "password", "follow", "reveal", "print", "override", "commit", "merge", "upload", "send ", "agent", "workflow", "remove", "push", "admin", "api key", "approve", "without", "you are now", "tests", "rules", "private", "server", "please ", "review", "force", "skip the", "approval")  # fmt: skip
_ROT13 = tuple(codecs.encode(word, "rot13") for word in _TELLING)
_REVERSED = tuple(word[::-1] for word in _TELLING)


def decoded(text: str, depth: int = 2) -> Iterator[tuple[str, str]]:
    """The name of each encoding found and what the part says; what is no text is left out.

    Parts are decoded up to `depth` times.
    """
    for name, said in _parts(text):
        yield name, said
        if depth > 1 and name != "leet":
            yield from ((f"{name}, {inner}", deeper) for inner, deeper in decoded(said, depth - 1))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for name, pattern, decode in _RUNS:
        for count, match in enumerate(pattern.finditer(text)):
            if count == _MOST:
                break
            said = decode(match[0][:_LONGEST])
            if said and _is_text(said):
                yield name, said
    yield from _whole(text)


def _whole(text: str) -> Iterator[tuple[str, str]]:
    """Encodings that are spread over a text."""
    if len(_PERCENT.findall(text)) >= 3:
        yield "URL encoding", unquote(_BEGINS.sub(_apart, text), errors="ignore")
    if len(_ENTITY.findall(text)) >= 6:
        yield "HTML entities", html.unescape(_BEGINS.sub(_apart, text))
    if len(_ESCAPE.findall(text)) >= 6:
        yield "escapes", _ESCAPE.sub(_unescaped, _BEGINS.sub(_apart, text))
    lowered = text.lower()
    if sum(word in lowered for word in _ROT13) >= 2:
        yield "rot13", codecs.encode(text, "rot13")
    if sum(word in lowered for word in _REVERSED) >= 2:
        yield "reversed text", text[::-1]
    if len(_LEET.findall(text)) >= 2:
        # Numbers and names have such words too: only what tells more when it is read so counts.
        for table in _LEET_READINGS:
            read = text.translate(table)
            if _tells(read.lower()) > _tells(lowered):
                yield "leet", read
    if len(_HYPHENS.findall(text)) >= 3:
        read = _HYPHENS.sub("", text)
        if _tells(read.lower()) > _tells(lowered):
            yield "hyphens", read
    if spaced := _SPACED.findall(text):
        for run in spaced[:_MOST]:
            yield "spaced letters", _joined(run)


def _apart(run: re.Match[str]) -> str:
    return f"\n{run[0].rstrip()}\n"


def _tells(lowered: str) -> int:
    return sum(lowered.count(word) for word in _TELLING)


def _base64(run: str) -> str:
    run = "".join(run.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    return _text_of(lambda: base64.b64decode(run + "=" * (-len(run) % 4)))


def _base32(run: str) -> str:
    run = run.rstrip("=")
    return _text_of(lambda: base64.b32decode(run + "=" * (-len(run) % 8)))


def _hex(run: str) -> str:
    return _text_of(lambda: bytes.fromhex(re.sub(r"\\x|0x|%|[\s,:]", "", run)))


def _morse(run: str) -> str:
    words = re.split(r"\s{0,2}[/|]\s{0,2}|\s{3}", re.sub("[\u00b7\u2022]", ".", run))
    read = ["".join(_MORSE_LETTERS.get(code, "") for code in word.split()) for word in words]
    return " ".join(read)


def _binary(run: str) -> str:
    bits = re.findall(r"[01]{8}", run)
    return _text_of(lambda: bytes(int(byte, 2) for byte in bits))


def _decimal(run: str) -> str:
    return _text_of(lambda: bytes(int(number) for number in re.findall(r"\d+", run)))


def _text_of(decode: Callable[[], bytes]) -> str:
    """The bytes as text; empty where they are none."""
    try:
        return decode().decode("utf-8")
    except (ValueError, binascii.Error):
        return ""


def _is_text(said: str) -> bool:
    """Words or another encoding, not bytes that happen to be letters."""
    if _BASE64.fullmatch(said) or _HEX.fullmatch(said):
        return True
    readable = len(_READABLE.findall(said))
    return " " in said.strip() and readable >= 0.9 * len(said)


def _unescaped(match: re.Match[str]) -> str:
    digits = match[0][1:].strip("ux{}") or "0"
    base = 16 if match[0][1] in "ux" else 8
    return chr(min(int(digits, base), 0x10FFFF))


def _joined(run: str) -> str:
    """Letters put together; a wider gap, or any other mark than the usual one, ends a word."""
    marks = [mark for mark in "_.*|/\u00b7-" if run.count(mark) > run.count(" ")]
    words = run.split() if marks else re.split(r"[ ]{2,3}|[ ]?[|*\u00b7_][ ]?", run)
    return " ".join("".join(re.findall(r"[^\W_]", word)) for word in words)


_RUNS: tuple[tuple[str, re.Pattern[str], Callable[[str], str]], ...] = (
    ("Base64", _BASE64, _base64),
    ("Base64", _BASE64_LINES, _base64),
    ("Base32", _BASE32, _base32),
    ("hex", _HEX, _hex),
    ("binary", _BINARY, _binary),
    ("Morse code", _MORSE, _morse),
    ("character codes", _DECIMAL, _decimal),
)
