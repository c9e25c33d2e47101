"""Names among capitalised words, by what stands around them and by what the study shows of the word.

A word that stands in lower case elsewhere in the study is a common word; a title, a kin word, a
place word or a verb of speech beside a name says what it names. Each name gets a certainty: sure
(its surroundings name it), likely (they point to it), perhaps (a capitalised word and no more).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autocode.privacy import lexicon
from autocode.study import Document

CERTAINTIES = ("sure", "likely", "perhaps")
"""How certain a proposal is, the surest first."""

_WORD = re.compile(r"(?:[as]/[lpo]\b)|d/o\b|[^\W\d_][\w'’-]*[^\W_]|[^\W\d_]")
_END = re.compile(r"[.!?:;\"“”‘…\n\u2014\[\]]")  # between two words: the second one begins a sentence
_ADDRESS = re.compile(r"\S*@\S+|(?:https?://|www\.)\S+")  # the name in an address is in lower case, and no common word
_MIN = 2  # letters of a name
_ACRONYM = 6  # letters of a word in capitals that is no name but an abbreviation


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a transcript: where it stands, and whether it begins a sentence."""

    text: str
    begins: bool
    joined: bool  # one space, and nothing else, parts it from the word before
    apposed: bool = False  # a comma parts it from the word before

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


@dataclass
class Evidence:
    """How often a name stands, and how often in which surroundings."""

    kind: str = ""
    sure: int = 0
    seen: Counter[str] = field(default_factory=Counter)


def words_of(text: str) -> list[Word]:
    """The words of a text in order."""
    found: list[Word] = []
    last = 0
    for match in _WORD.finditer(text):
        gap = text[last : match.start()]
        after_title = found and found[-1].text in lexicon.SHORT_TITLES and gap in (". ", " ")
        begins = not found or (bool(_END.search(gap)) and not after_title)
        found.append(Word(_bare(match.group()), begins, gap == " " or bool(after_title), gap == ", "))
        last = match.end()
    return found


def _bare(word: str) -> str:
    """The word without a possessive s."""
    return re.sub(r"['’]s?$", "", word) or word


def find_names(documents: Sequence[Document]) -> Iterator[tuple[str, str, str]]:
    """Names in documents as (kind, text, certainty): person, place, organisation, or "perhaps a name"."""
    texts = [words_of(_ADDRESS.sub(" . ", d.text)) for d in documents]
    common = Counter(w.text for words in texts for w in words if not w.capital)
    found: dict[str, Evidence] = {}
    for words in texts:
        for start, end in _runs(words):
            _weigh(words, start, end, common, found)
    for text, evidence in found.items():
        kind, certainty = judged(text, evidence)
        if kind:
            yield kind, text, certainty


def _runs(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Stretches of capitalised words, particles between them included, as (start, end)."""
    at = 0
    while at < len(words):
        end = at + 1
        if words[at].capital:
            while end < len(words) and words[end].joined and not words[end].begins and _goes_on(words, end):
                end += 1
            yield at, end
        at = end


def _goes_on(words: Sequence[Word], at: int) -> bool:
    if words[at].text in lexicon.TITLES and words[at - 1].text not in lexicon.TITLES:
        return False  # "Later Encik Hamid": the title begins a name of its own
    following = at + 1 < len(words) and words[at + 1].joined and words[at + 1].capital
    particle = words[at].text in lexicon.PARTICLES or (words[at].text == "of" and words[at - 1].text in lexicon.ORG_FIRST)
    return words[at].capital or (particle and following)


def _weigh(words: Sequence[Word], start: int, end: int, common: Counter[str], found: dict[str, Evidence]) -> None:
    """Add what one stretch of capitalised words says to the evidence for the names in it."""
    titled = False
    while start < end and (words[start].text in lexicon.TITLES or words[start].text.rstrip(".") in lexicon.TITLES):
        titled, start = True, start + 1
    while start < end and _is_common(words[start], common) and not titled and not _opens(words, start, end, common):
        start += 1
    kept = _trimmed(words, start, end, common, titled)
    if kept <= start:
        return
    text = " ".join(w.text for w in words[start:kept])
    evidence = found.setdefault(text, Evidence())
    if titled:
        evidence.kind, evidence.sure = "person", evidence.sure + 1
    elif named := _by_affix([w.text for w in words[start:kept]]):
        evidence.kind, evidence.sure = named, evidence.sure + 1
    evidence.seen.update(_surroundings(words, start, kept))


def _trimmed(words: Sequence[Word], start: int, end: int, common: Counter[str], titled: bool) -> int:
    """The end of a name: words that are common ones are no part of it, but for those that end a place or firm."""
    lasts = lexicon.PLACE_LAST | lexicon.ORG_LAST
    for at in range(start, end):
        affix = at > start and words[at].text in lasts
        inside = words[at].text in lexicon.PARTICLES or words[at].text == "of"
        opens = at == start and _opens(words, start, end, common)
        if not (affix or inside or opens or titled) and _is_common(words[at], common):
            return at
    return end


def _opens(words: Sequence[Word], start: int, end: int, common: Counter[str]) -> bool:
    """Whether a word that opens the name of a place or firm is followed by a word that is no common one."""
    first = words[start].text in lexicon.PLACE_FIRST | lexicon.ORG_FIRST
    return first and start + 1 < end and (words[start + 1].text == "of" or not _is_common(words[start + 1], common))


def _is_common(word: Word, common: Counter[str]) -> bool:
    """Whether a word is one like others: on a list, an ordinal of a list, or in lower case elsewhere."""
    text = word.text
    bare = text.rstrip("s")
    if text in lexicon.NEVER or bare in lexicon.NEVER or text in lexicon.TITLES:
        return True
    parts = re.split("['’-]", text)
    return len(text) < _MIN or common[text.lower()] > 0 or all(common[p.lower()] > 0 or len(p) < _MIN for p in parts)


def _by_affix(words: Sequence[str]) -> str:
    """What the first or last word of a name, or a particle in it, says that it names."""
    if len(words) < 2:
        return ""
    if words[-1] in lexicon.ORG_LAST or words[0] in lexicon.ORG_FIRST:
        return "organisation"
    if words[-1] in lexicon.PLACE_LAST or words[0] in lexicon.PLACE_FIRST:
        return "place"
    return "person" if any(w in lexicon.PARTICLES for w in words) else ""


def _surroundings(words: Sequence[Word], start: int, end: int) -> Iterator[str]:
    """What stands before and after a name, as the names of the rules that it meets."""
    begins = words[start].begins
    before = [w.text.lower() for w in words[max(0, start - 3) : start]] if not begins else []
    after = words[end].text.lower() if end < len(words) and words[end].joined else ""
    yield "start" if begins else "middle"
    if any(w in lexicon.GIVEN for w in (words[start].text, words[end - 1].text)):
        yield "given"
    yield from _person(before, words[start].apposed)
    if after in lexicon.SPEECH:
        yield "acts"
    if before[-1:] and (before[-1] in lexicon.WHERE or (before[-1] == "to" and set(before[:-1]) & lexicon.TRAVEL)):
        yield "where"
    if before and before[-1] in lexicon.WORK and (before[-1] == "joined" or set(before[:-1]) & lexicon.WORKED):
        yield "work"


def _person(before: Sequence[str], apposed: bool) -> Iterator[str]:
    """What words before a name say that it is a person's."""
    last, one_before = ("", *before)[-1], ("", "", *before)[-2]
    if last in lexicon.KIN and one_before in ("my", "our", "his", "her", "their", "your"):
        yield "kin"
    if (one_before, last) in (("name", "is"), ("name", "was"), ("call", "me"), ("named", "after")) or last == "named":
        yield "named"
    if last == "called" and one_before in lexicon.PEOPLE:
        yield "named"
    if apposed and last in lexicon.PEOPLE:
        yield "apposed"


def judged(text: str, evidence: Evidence) -> tuple[str, str]:
    """The kind of a name and its certainty; ("", "") where nothing speaks for a name."""
    seen, middle = evidence.seen, evidence.seen["middle"]
    if evidence.sure:
        return evidence.kind, "sure"
    if seen["kin"] or seen["named"]:
        return "person", "sure"
    if text in lexicon.COUNTRIES:
        return "place", "perhaps"
    if text.isupper() and len(text) <= _ACRONYM:
        return ("organisation", "perhaps") if middle else ("", "")
    if seen["given"] or seen["apposed"]:
        return "person", "likely"
    if seen["work"] and seen["work"] >= seen["where"]:
        return "organisation", "likely"
    if seen["acts"] and middle and not seen["where"]:
        return "person", "likely"
    if middle and 3 * seen["where"] >= middle:
        return "place", "likely"
    return ("perhaps a name", "perhaps") if middle else ("", "")


def speakers(documents: Iterable[Document]) -> Iterator[tuple[str, str, str]]:
    """Speakers who are called by a name, and what participants' variables say outright."""
    for d in documents:
        for speaker in dict.fromkeys(t.speaker for t in d.turns):
            plain = re.sub(r"[\d_ .-]+$", "", speaker)
            if len(plain) > _MIN and plain[0].isupper() and plain.casefold() not in lexicon.ROLES and not _coded(speaker):
                yield "person", speaker, "sure"
        for name, value in d.variables.items():
            kind = lexicon.SAID_OF.get(" ".join(name.casefold().replace("_", " ").split()), "")
            if kind and value.strip():
                yield kind, value.strip(), "sure"


def _coded(speaker: str) -> bool:
    """Whether a speaker is called by a code such as R03 or SPEAKER_00."""
    return bool(re.fullmatch(r"[A-Z]{1,3}[\s_-]?\d+|[A-Z_]+[\s_-]?\d+", speaker))
