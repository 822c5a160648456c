"""One spelling for what looks alike, and where it is quoted."""

from __future__ import annotations

import re
import unicodedata

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтнвգոցαορνικτευ",
    "aeopcyxijshdqwkmthbgngaopviktey",
)
# Small capitals, which no normal form knows.
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz")
_QUOTES = str.maketrans("\u2019\u2018\u201c\u201d\u201e\u00ab\u00bb", "''" + '"' * 5)
_WORD = re.compile(r"\w*[^\W\d_]\w*")
_LATIN = re.compile("[a-z]")
_OTHER = re.compile("[\u0370-\u058f]")
_ACCENTS = re.compile("[\u0300-\u036f]")
_END = re.compile(
    r"[.!?…]+(?=\s|$|[\"')\]])|[\u3002\uff01\uff1f]|\n[ \t]*\n|\n(?=[ \t]{0,8}(?:[-*+]|\d{1,3}[.)]|#{1,6})[ \t])"
)
_SPACE = re.compile(r"[^\S\n]+")
_QUOTED = re.compile(
    r"^[ \t]{0,3}(`{3,}|~{3,})[^\n]{0,200}\n(?s:.{0,20000}?)\n[ \t]{0,3}\1|`[^`\n]{1,400}`|\"[^\"\n]{1,400}\"|(?<!\w)'[^'\n]{2,400}'(?!\w)",
    re.MULTILINE,
)


def folded(text: str) -> str:
    """Lower case, plain letters for look-alikes and accents, `¶` after each sentence."""
    text = unicodedata.normalize("NFKC", text).lower().replace("¶", " ")
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
        text = text.translate(_QUOTES).translate(_SMALL_CAPITALS)
        text = _WORD.sub(_plain_word, text)
    return _END.sub(lambda end: "¶\n" if "\n" in end[0] else "¶", _SPACE.sub(" ", text))


def _plain_word(word: re.Match[str]) -> str:
    """A word of two alphabets is written in one; a word of another language stays."""
    text = word[0]
    mixed = not text.isascii() and _LATIN.search(text) and _OTHER.search(text)
    return text.translate(_LOOKALIKES) if mixed else text


def quoted(text: str) -> list[tuple[int, int]]:
    """Where folded text stands in quotation marks or as code, in order."""
    if not any(mark in text for mark in "`~\"'"):
        return []
    return [match.span() for match in _QUOTED.finditer(text)]


def code(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the spans that are code."""
    return [span for span in spans if text[span[0] : span[1]].lstrip()[:1] in {"`", "~"}]
