"""The language of a text: by its script, or by the small words that every sentence needs."""

from __future__ import annotations

import re

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("uk", re.compile("[іїєґ]", re.IGNORECASE)),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
)
_SMALL_WORDS = {
    "en": "the and is are was to of in that it not when with for this have has be on can i you my",
    "de": "der die das und ist nicht ich ein eine mit wird auf den dem von zu beim wenn auch im bei",
    "fr": "le la les et est une des du dans que pas je il sur pour avec ne quand sont ce cette au",
    "es": "el la los las y es una en que no se por con para del al cuando lo está mi como pero",
    "it": "il lo la gli e è un una di che non per con del della quando sono nel mi si ma anche",
    "pt": "o os as e é um uma de que não em para com do da quando se ao meu mas também na no",
    "nl": "de het een en is niet ik van in op dat met voor wordt als maar ook bij naar zijn te",
    "sv": "och att det är inte jag en ett som på för med när av till den har om kan men",
    "da": "og at det er ikke jeg en et som på for med når af til den har om kan men",
    "pl": "i w na nie się jest to z że do po jak gdy dla przez ale mnie od są czy",
    "cs": "a je se na v že to s z do po jak když pro ale není při jsem který",
    "tr": "ve bir bu için ile değil çok ama var yok olarak gibi daha ne zaman ben sonra",
    "fi": "ja on ei se että kun en minä mutta ovat tämä oli myös jos niin kuin",
    "id": "yang dan di tidak ini itu dengan untuk saya ke dari pada ada saat ketika bisa",
    "ro": "și nu este un o la în că de pe cu când sunt din pentru se mai după",
    "hu": "a az és nem hogy egy van ha de meg is ez csak mint amikor volt",
}
_WORDS = {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_READ = 4_000  # characters
_ENOUGH = 2  # small words, and a tenth of all
_FOREIGN = 0.2  # of all letters belong to the script


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language, or an empty text where it is not clear."""
    text = text[:_READ]
    letters = sum(map(len, words := _WORD.findall(text.lower())))
    if not text.isascii():
        for code, script in _SCRIPTS:
            share = len(script.findall(text)) / max(letters, 1)
            if share > (0.02 if code in {"uk", "ja"} else _FOREIGN):
                return code
    counts = {code: sum(word in small for word in words) for code, small in _WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    rivals = sorted(counts.values())[-2]
    clear = counts[best] >= max(_ENOUGH, len(words) // 10) and counts[best] > rivals
    return best if clear else ""
