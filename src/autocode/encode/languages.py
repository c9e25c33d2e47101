"""In which language people speak, so that an encoder that does not know it is told in time.

A language is told from all that a speaker says in a document, not from single turns: of few words no program tells it
rightly. Identification: langid (Lui and Baldwin 2012, ACL demonstrations, 25-30) as the package py3langid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from autocode.errors import counted
from autocode.study import Document, Segment, Turn

MIXED = "mixed"
"""Where two languages share a document."""

_NAMES = {
    "af": "Afrikaans",
    "am": "Amharic",
    "ar": "Arabic",
    "az": "Azerbaijani",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fo": "Faroese",
    "fr": "French",
    "ga": "Irish",
    "gl": "Galician",
    "gu": "Gujarati",
    "ha": "Hausa",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Malay or Indonesian",
    "ig": "Igbo",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "jv": "Javanese",
    "ka": "Georgian",
    "kk": "Kazakh",
    "km": "Khmer",
    "kn": "Kannada",
    "ko": "Korean",
    "ku": "Kurdish",
    "ky": "Kyrgyz",
    "lo": "Lao",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mn": "Mongolian",
    "mr": "Marathi",
    "ms": "Malay or Indonesian",
    "mt": "Maltese",
    "my": "Burmese",
    "ne": "Nepali",
    "nl": "Dutch",
    "nn": "Norwegian",
    "no": "Norwegian",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "rw": "Kinyarwanda",
    "si": "Sinhala",
    "sk": "Slovak",
    "sl": "Slovenian",
    "so": "Somali",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "ug": "Uyghur",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "xh": "Xhosa",
    "yo": "Yoruba",
    "yue": "Cantonese",
    "zh": "Chinese",
    "zu": "Zulu",
}
_LEAST = 60  # letters, below which no language is told
_SAID = 3000  # letters of a speaker that are looked at
_LONG_TURN = 40  # letters of a turn that is looked at by itself
_TURNS = 60  # of a document that are looked at by themselves
_SHARE = 0.2  # of what is looked at, from which on a second language makes a document mixed
_DOCUMENTS = 1000  # looked at, evenly drawn
_ENGLISH = frozenset({"default", "all-MiniLM-L6-v2"})  # encoders that know English alone


@dataclass(frozen=True, slots=True)
class Languages:
    """The language of each document that was looked at.

    Attributes:
        by_document: English name of the language, `MIXED`, or "" where too little is said to tell.
        parts: Of mixed documents, the two languages.
    """

    by_document: Mapping[str, str]
    parts: Mapping[str, tuple[str, str]]

    @property
    def counts(self) -> Counter[str]:
        """Documents of each language, those that cannot be told left out."""
        return Counter(name for name in self.by_document.values() if name)

    def __str__(self) -> str:
        """English (18 documents), mixed (1 document); "" where nothing can be told."""
        found = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{name} ({counted(n, 'document')})" for name, n in found)

    def warning(self, encoder: str) -> str:
        """What to do where an encoder meets a language that it does not know; "" where it knows all, or is not known.

        Args:
            encoder: Its name, as its identity gives it.
        """
        foreign = {n: c for n, c in self.counts.items() if n not in ("English", MIXED)}
        mixed = sum(any(part != "English" for part in pair) for pair in self.parts.values())
        if encoder not in _ENGLISH or not (foreign or mixed):
            return ""
        told = sorted(foreign, key=lambda n: (-foreign[n], n))
        where = f"in {', '.join(told[:3])}{' and others' * (len(told) > 3)}" if told else "in two languages"
        what = counted(sum(foreign.values()) + mixed, "document is", "documents are")
        return (
            f"{what} {where}, and the {encoder} encoder knows English alone. Better: "
            "autocode encoder add multilingual, then train with --config multilingual."
        )


def unknown_to(encoder: str, documents: Iterable[Document]) -> str:
    """What to do where an encoder, named as its identity does, meets a language that it does not know; else ""."""
    return languages(documents).warning(encoder) if encoder in _ENGLISH else ""


def languages(documents: Iterable[Document]) -> Languages:
    """The language of each document, by what most of it is said in; of very many documents, an even draw.

    Malay and Indonesian, and the two written forms of Norwegian, count as one.
    """
    listed = list(documents)
    found: dict[str, str] = {}
    parts: dict[str, tuple[str, str]] = {}
    for document in listed[:: max(1, -(-len(listed) // _DOCUMENTS))]:
        letters = _by_speaker(document) + _by_turn(document)
        total = letters.total()
        common = letters.most_common(2) if total >= _LEAST else []
        found[document.id] = common[0][0] if common else ""
        if len(common) == 2 and common[1][1] >= _SHARE * total:
            found[document.id], parts[document.id] = MIXED, (common[0][0], common[1][0])
    return Languages(found, parts)


def _by_speaker(document: Document) -> Counter[str]:
    """Letters said in each language, every speaker in the one that all of the speaker's words together are in."""
    said: dict[str, str] = {}
    for turn in document.turns or document.units:
        if len(said.get(turn.speaker, "")) < _SAID:
            said[turn.speaker] = said.get(turn.speaker, "") + " " + _words(document, turn)[:_SAID]
    found: Counter[str] = Counter()
    for text in said.values():
        if len(text) >= _LEAST:
            found[_told(text)] += len(text)
    return found


def _words(document: Document, said: Turn | Segment) -> str:
    """What is said, without the addresses of pages, which are in no language."""
    return re.sub(r"(?:https?://|www\.)\S+", " ", document.text_of(said)).strip()


def _by_turn(document: Document) -> Counter[str]:
    """The same turn by turn, for speakers who change between languages."""
    long = (text for t in document.turns or document.units if len(text := _words(document, t)) >= _LONG_TURN)
    found: Counter[str] = Counter()
    for text in islice(long, _TURNS):
        found[_told(text)] += len(text)
    return found


def _told(text: str) -> str:
    try:
        return _NAMES[str(_identifier().classify(text)[0])]
    except OSError:  # it unpacks its own file into the folder for temporary files, which may be full
        return ""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """langid, for the languages that have a name here: among all it knows, odd texts are taken for the oddest ones."""
    import py3langid

    py3langid.set_languages(sorted(_NAMES))
    return py3langid
