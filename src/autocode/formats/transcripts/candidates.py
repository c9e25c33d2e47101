"""Which family of labels names the speakers of a document: candidates compete by how much of it they explain."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from autocode.errors import InputError
from autocode.formats.transcripts import (
    FAMILIES,
    LEAD,
    PARTED,
    SIGNS,
    TIME,
    UNITS,
    WORDS,
    Label,
    ends_sentence,
    is_about,
    is_titled,
    labels_of,
    role_of_word,
    span_of,
    speaks_by_name,
    stamp_above,
)
from autocode.formats.transcripts.page import DASHED, WHOLE, Page, set_in, unnumbered

_MOST_NAMES = 2000


@dataclass(frozen=True, slots=True)
class Candidate:
    """One family's labels that seem to be speakers.

    Attributes:
        score: How much of the document it explains.
        left: How often other words stood where a name would, from the first label on.
    """

    family: str
    labels: tuple[Label, ...]
    score: float
    left: Mapping[str, int] = field(default_factory=dict)


def chosen(page: Page, least: int = 2) -> Candidate | None:
    """The candidate that explains most, None where no family does; a long text is judged by its beginning first."""
    families = [*PARTED, *WHOLE]
    if not page.short and (sample := page.sample()):
        judged = sorted((c for f in families if (c := _candidate(f, sample, least))), key=lambda c: -c.score)
        families = [c.family for c in judged[:2]]
    return max((c for f in families if (c := _candidate(f, page, least))), key=lambda c: c.score, default=None)


def _candidate(family: str, page: Page, least: int) -> Candidate | None:
    """What is left of a family's labels once words that are no speakers' names are out."""
    names = _Names(family, page)
    taken = names.speakers()
    kept = tuple(x for x in names.labels if key_of(x.name) in taken)
    wide = family == "own" and any("w" in x.form for x in kept)
    if len(kept) < (1 if wide else least) or not _convincing(family, kept, names):
        return None
    changes = sum(key_of(a.name) != key_of(b.name) for a, b in pairwise(kept))
    alternation = 0.6 + 0.4 * changes / max(1, len(kept) - 1)
    weight = FAMILIES.get(family, {}).get("weight", 0.9) * (1.15 if family == "own" and "t" in kept[0].form else 1)
    alone = all(page.text.startswith("\n", x.end) for x in kept)  # then a name with words behind it is none
    others = [x for x in names.labels if x.start > kept[0].start and (not alone or page.text.startswith("\n", x.end))]
    left = Counter(x.name for x in others if key_of(x.name) not in taken)
    return Candidate(family, kept, len(kept) * alternation * weight, left)


class _Names:
    """The names in one family's labels, and the judgement which of them are speakers'."""

    def __init__(self, family: str, page: Page) -> None:
        self.page, self.family = page, family
        found = page.labels(family)
        self.labels = unnumbered(_bare_names(_without_ending(_without_answers(found) if family == "own" else found)))
        self.groups: dict[str, list[Label]] = {}
        counts = Counter(x.name for x in self.labels)
        for x in self.labels:
            called = x.name.split(",")[0]  # of "Ada Morn, host", who is Morn below
            often = counts[x.name] > 2 - speaks_by_name(called) or called.split(" ")[-1] in counts
            if may_be_name(x.name, family, counts[x.name] > 3) and (often or not _is_list(x.name)):
                self.groups.setdefault(key_of(x.name), []).append(x)
        self.ranked = sorted(self.groups, key=lambda k: -len(self.groups[k]))
        own = {set_in(page.text, x.start) for x in self.labels}
        level = [at for at, d in zip(page.lines, page.depths, strict=True) if len(own) != 1 or d in own]
        lines = len(page.paragraphs(page.front.end, len(page.text)) if family == "closing" else level)
        if family in ("wide", "token") and self.ranked:  # who asks may stand behind a dash, and front matter be of any shape
            first = self.groups[self.ranked[0]][0].start
            lines = sum(at >= first and not DASHED.match(page.text, at) for at in level)
        self.total = max(1.0, lines / (2 if family == "own" else 1))
        whole = family == "table" or len(self.labels) >= 0.9 * self.total
        back = sum(len(g) > 1 for g in self.groups.values())
        self.answered = sum(bool(DASHED.match(page.text, at)) for at in page.lines) if back == 1 else 0
        self.all_named = whole and family not in ("dot", "wide", "token", "sign")
        self.stamped = sum("t" in x.form for g in self.groups.values() for x in g) >= 0.5 * sum(map(len, self.groups.values()))
        self.habits: dict[tuple[str, ...], tuple[float, ...]] = {}
        self.out = {page.text.rfind("\n", 0, a) + 1: b for a, b, _ in reversed(page.styles)}  # lines that open in other type

    def speakers(self) -> set[str]:
        """Keys of the names that are speakers', slips of the hand included; none where there are too many names."""
        if len(self.groups) > _MOST_NAMES:
            return set()
        taken = {key for key in self.groups if self._speaks(key)}
        frequent = [(k, self.groups[k][0].name) for k in self.ranked[:20] if k in taken and len(self.groups[k]) > 3]
        return taken | {
            key
            for key, own in self.groups.items()
            if key not in taken
            and any(len(self.groups[k]) >= 5 * len(own) and alike(own[0].name, name) for k, name in frequent)
        }

    def known(self, name: str) -> bool:
        """Whether a name is explained by the legend, or one that transcripts give to speakers."""
        return name in self.page.front.meanings or speaks_by_name(name)

    def _speaks(self, key: str) -> bool:
        """Whether one name is a speaker's: it comes back, in the same form as the others."""
        own = self.groups[key]
        name, words = own[0].name, own[0].name.split()
        if len(own) == 1 and (name.casefold() in WORDS["column"] or (self.answered > 2 and self.family in ("wide", "token"))):
            return False
        known = self.known(name) and not (name.islower() and len(name) == len(own) == 1)
        if known and (len(own) > 1 or role_of_word(name) or name in self.page.front.meanings):
            return len(own) > 2 or self._fits(key)
        runs_on = len(words) > 1 and words[0].casefold() in WORDS["running"] and not (name.isupper() or is_titled(name))
        persons = [k for k in self.ranked[:8] if len(self.groups[k]) > 1]
        called = [self.groups[k][0].name for k in persons if len(k) > 2]
        full = name.split(",")[0]  # LENA ORTIZ, HOST; then ORTIZ
        counted = "q" in own[0].form or (full.isupper() and full != name and full.split()[-1] in called)  # Q12 Ms Rao
        if not counted and (not self._fits(key) or (runs_on and len(own) < (2 if name.istitle() else 4))):
            return False
        if counted or len(own) > 1 or known or self.all_named or (self.stamped and "t" in own[0].form):
            return True
        alike = [own[0], *(x for k in persons for x in self.groups[k])]
        set_out = all(x.start + len(x.name) <= self.out.get(x.start, 0) <= x.end for x in alike)
        shouted = full.isupper() and len(full) > 3 and all(map(str.isupper, called))
        if called and (full.split()[-1] in called or shouted or set_out):
            return True
        if not persons or any(speaks_by_name(self.groups[k][0].name) for k in persons):
            return False
        return self._habits(tuple(persons))[0] >= 0.9 and self.page.is_apart(own[0].start) and not name[:1].islower()

    def _fits(self, key: str) -> bool:
        """Whether a name stands as the two most frequent ones do: after a blank line or not, with a time or not."""
        first = [k for k in self.ranked[:2] if len(self.groups[k]) > 2]
        main = tuple(k for k in first if k != key)
        if key in first or sum(len(self.groups[k]) for k in main) < 4:
            return True
        apart, stamped, numbered, marked, capital = zip(self._habits(main), self._habits((key,)), strict=True)
        if numbered[0] >= 0.9 and numbered[1] < 0.5:
            return False
        if (apart[0] >= 0.9 and apart[1] < 0.5) or (marked[0] <= 0.1 and marked[1] >= 0.9):
            return False
        if capital[0] >= 0.9 and capital[1] < 0.5 and not role_of_word(self.groups[key][0].name):
            return False
        return not (stamped[0] >= 0.9 and stamped[1] < 0.5) and not (stamped[0] <= 0.1 and stamped[1] >= 0.9 and apart[1] < 0.5)

    def _habits(self, keys: tuple[str, ...]) -> tuple[float, ...]:
        """How often names stand after a blank line, with a time, a capital, a number, and a bracket or star before them."""
        if keys not in self.habits:
            labels, apart = [x for k in keys for x in self.groups[k]], self.page.is_apart
            shown = [(apart(x.start), *(sign in x.form for sign in "t#m"), not x.name[:1].islower()) for x in labels]
            self.habits[keys] = tuple(sum(column) / len(labels) for column in zip(*shown, strict=True))
        return self.habits[keys]


@lru_cache(maxsize=20_000)
def key_of(name: str) -> str:
    """What spellings of one name share."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ı", "i"))
    return re.sub(r"[\s._\u00a0\u0300-\u036f-]+", "", plain) or name


_SAID = re.compile(r"(?i)\b(?:said|says|asked|asks|sagte|dit|dijo|disse|sagt|fragte|zei|sa|kysyi|сказал\w*)$")
_SPAN = re.compile(rf"(?:{UNITS}) \d{{1,3}}\b.*")  # what is left of a time in words behind its first number
_MONTH = re.compile(r"[^\W\d_]{3,}\.?(?: \d{1,2},?)? (?:19|20)\d\d,?")
_SENTENCE = re.compile(r"(?i)(?!prof|mlle|frau|herr|mevr|hern|phdr|seño)\b[^\W\d_]{4,}\.(?:[ ]\S|(?-i:[A-ZÀ-Þ]))")


@lru_cache(maxsize=20_000)
def may_be_name(name: str, family: str, often: bool = False) -> bool:
    """Whether a word could name a speaker at all; one that comes back often may be longer."""
    words, bare = re.sub(r"(?<=\w) \(.*", "", name).split(), name.casefold().strip(" .")
    if (
        len(words) > FAMILIES.get(family, {}).get("words", 3) + 3 * often
        or bare in WORDS["speech"]
        or (family == "dot" and bare in ("mr", "mrs", "ms", "dr", "prof", "hr", "fr", "mme", "sr", "sra"))
        or words[0].casefold() in ("http", "https")
    ):
        return False
    if not role_of_word(bare) and (is_about(bare) or (len(words) > 1 and words[0].casefold() in WORDS["heading"])):
        return False
    ended = (family == "own" and re.search(r"[^\W\d_]{3,}\.$", name)) or (len(words) > 2 and name.endswith("."))
    if _SENTENCE.search(name) or _MONTH.fullmatch(name) or _SPAN.match(name) or (ended and family != "sentence"):
        return False
    return not (len(words) > 1 and _SAID.search(bare))


def _is_list(name: str) -> bool:
    """Whether a name has a comma as running speech has it; ``Ms Ferris, head teacher`` is one that comes back."""
    return (
        "," in name
        and not name.split(",")[0].isupper()
        and (len(name.split()) > 2 or name.rpartition(",")[2].strip()[:1].islower())
    )


def _convincing(family: str, labels: Sequence[Label], names: _Names) -> bool:
    """Whether labels together look like a talk rather than like chance."""
    counts = Counter(key_of(x.name) for x in labels)
    known, share = sum(names.known(x.name) for x in labels), len(labels) / names.total
    stamped = sum("t" in x.form for x in labels) >= 0.5 * len(labels)
    several = len(counts) > 1 or (len(labels) > 2 and names.answered > 2)  # who asks stands behind a dash
    if family == "quote":
        return several and share >= 0.8 and _alternates(labels)
    if family == "closing":
        return several and share >= 0.6 and len(labels) >= 2 * len(counts) and _alternates(labels)
    if family == "sentence" and len(labels) < max(3, 1.5 * len(counts)):
        return False
    whole = share >= 0.9 and min(counts.values()) > 1 and len(labels) >= 2.5 * len(counts)
    in_turn = _alternates(labels) or names.answered > 2
    whole = whole and in_turn
    if family in ("dot", "wide", "token", "sign", "aside", "comma") and not (several and (known >= 0.8 * len(labels) or whole)):
        return False
    if not stamped and share < FAMILIES.get(family, {}).get("share", 0.25):
        return False
    if family == "own" and not stamped:
        comes_back = len(labels) > 3 and len(labels) >= 2 * len(counts) and _alternates(labels)
        return comes_back or (known == len(labels) > 2 and several)
    if family == "colon":
        if stamped or known >= 0.5 * len(labels):
            return True
        few = len(labels) > len(counts) or (share >= 0.9 and len(counts) <= 3)
        return few if share >= 0.05 else len(labels) >= 3 * len(counts) > 3
    if family not in ("own", "timed"):
        return several and ((len(labels) >= 1.5 * len(counts) and in_turn) or known == len(labels))
    times = [x.start_ms for x in labels if x.start_ms is not None]
    return sum(a <= b for a, b in pairwise(times)) >= 0.9 * (len(times) - 1)


def _alternates(labels: Sequence[Label]) -> bool:
    return sum(key_of(a.name) != key_of(b.name) for a, b in pairwise(labels)) >= 0.4 * (len(labels) - 1)


def _without_answers(labels: Sequence[Label]) -> list[Label]:
    """Lines of their own without those, right below a name, that come once or end a sentence: ``No.`` is what is said."""
    counts = Counter(key_of(x.name) for x in labels)
    done: list[Label] = []
    for x in labels:
        below = done and done[-1].end + 1 == x.start and counts[key_of(done[-1].name)] > 1
        if not below or (counts[key_of(x.name)] > 1 and not ends_sentence(x.name)):
            done.append(x)
    return done


def _bare_names(labels: Sequence[Label]) -> list[Label]:
    """Labels with their asides as part of the name only where that tells two speakers apart, or always stands there."""
    if not any(x.aside for x in labels):
        return list(labels)
    asides: dict[str, Counter[str]] = {}
    for x in labels:
        asides.setdefault(key_of(x.name), Counter())[x.aside] += 1
    if len({x.aside for x in labels}) == 1 and len(asides) > 1:  # it says something of the line, not of the person
        return list(labels)
    done = []
    for x in labels:
        seen = asides[key_of(x.name)]
        single = len(seen) == 1 and not (speaks_by_name(x.name) and seen[x.aside] == 1) and not tells_of_person(x.name, x.aside)
        apart = len(seen) > 1 and "" not in seen and all(n > 1 for n in seen.values())
        done.append(replace(x, name=f"{x.name} ({x.aside})") if x.aside and (single or apart) else x)
    return done


_TRAITS = re.compile(r"(?:aged? |alter )?\d{1,3}(?: ?[^\W\d_]{1,6}){0,2}\.?")  # an age


def tells_of_person(name: str, aside: str) -> bool:
    """Whether what always stands in brackets behind a name says who the person is (age, sex, role) and is no name itself."""
    parts = [part.strip().casefold() for part in re.split(r"[,;/·|]", aside) if part.strip()]
    if any(_TRAITS.fullmatch(part) or part in WORDS["sex"] or role_of_word(part) for part in parts):
        return True
    return aside.islower() and not speaks_by_name(name)


def _without_ending(labels: Sequence[Label]) -> list[Label]:
    """Labels without what names end in: a sign that all have (``ann — Today at``), words that nearly all have (``Ann says``).

    What all begin with goes with it: ``From Ann to Everyone``.
    """
    counts = Counter(x.name for x in labels)
    ends = {m[0] if (m := _ENDING.search(name)) else "" for name in counts}
    if len(counts) > 1 and len(ends) == 1 and ends != {""}:
        return [replace(x, name=x.name.removesuffix(next(iter(ends)))) for x in labels]
    tails = Counter(m[0] for x in labels if (m := _TAIL.search(x.name)))
    tail = tails.most_common(1)[0][0] if tails else ""
    named = {name.removesuffix(tail) for name in counts if name.endswith(tail)}
    if not tail or tails[tail] < 0.8 * len(labels) or len(named) < 2 or any(counts[n + tail] < 2 for n in named):
        return list(labels)
    heads = {name.split(" ")[0] for name in named}
    head = f"{next(iter(heads))} " if len(heads) == 1 and all(" " in name for name in named) else ""
    return [replace(x, name=x.name.removesuffix(tail).removeprefix(head)) if x.name.endswith(tail) else x for x in labels]


_ENDING = re.compile(r" *[–—/|~=_-](?: [^\W\d_]+)*$")
_TAIL = re.compile(r"(?<=[^\W_])(?: [^\W\d_A-Z][^\W\d_]+)+(?: [^\W\d_]+)?$")


def alike(rare: str, frequent: str) -> bool:
    """Whether two names are the same but for a letter or two in a long word; a known role is never a slip."""
    pairs = list(zip(rare.casefold().split(), frequent.casefold().split(), strict=False))
    if len(rare.split()) != len(frequent.split()) or rare == frequent or role_of_word(rare):
        return False
    return all(
        a == b
        or (
            min(len(a), len(b)) > 5
            and re.sub(r"\D", "", a) == re.sub(r"\D", "", b)
            and SequenceMatcher(None, a, b).ratio() >= 0.85
        )
        for a, b in pairs
    )


_PIECES = re.compile(
    rf"(?P<time>{TIME})|(?P<name>[^\W\d_][\w.'’]*(?:[ ,-]{{1,2}}(?!{TIME})[^\W_][\w.'’]*)*)|(?P<number>\d+)"
    r"|(?P<tab>[ ]*\t[ \t]*)|(?P<space>[ \u00a0\u3000]+)|."
)
_EXAMPLE_NAME = rf"(?:[^\W\d_](?:[^\n\t{SIGNS.replace('.', '')}]{{0,60}}?[^\s,–—{SIGNS}-]\.?)??|\d{{1,2}})"
_ORDER = ("colon", "timed", "square", "round", "angle", "curly", "starred", "pipe", "arrow", "dash", "tab", "semicolon", "sign")


def shape_of(example: str) -> str:
    """The way in which an example names a speaker, without the person's name and without words of the talk.

    ``Anna Berg (00:01): well`` has the shape ``Name (00:01):``; the shape of a shape is itself.

    Raises:
        InputError: No speaker is named in it.
    """
    line = example.strip("\n")
    opening, timed_last = line, re.search(rf"{TIME}$", line)
    if ((line[-1:].isalnum() or line[-1:] in ".?!…") and not timed_last) or len(line) > 60:  # words of the talk stand in it
        ends = [x[0].end for f in (*_ORDER, "wide", "dot") if (x := labels_of(f, line)) and x[0].end < len(line)]
        signed = re.match(r"[^\w\n]+[^\W_][\w.'’ -]*?[ ]?[^\w\s.'’-]+(?=\s)", line)
        opening = line[: ends[0]].rstrip(" ") if ends else signed[0] if signed else line
    pieces = list(_PIECES.finditer(opening))
    names = [m for m in pieces if m["name"]] or [m for m in pieces if m["number"]]
    if not names or len(opening) > 80:
        raise InputError("--speaker-pattern", "no speaker is named in the line", "Give one such as 'Interviewer (00:01):'.")
    outside = [m for m in names if not re.search(r"[(\[<{][^)\]>}]*$", opening[: m.start()])]
    apart = [m for m in outside if not re.match(rf"[ ,@–—-]*{TIME}", opening[m.end() :])]  # "Today at 4:02 PM" names nobody
    name = (apart or outside or names)[-1]
    word = "1" if name["number"] else "NAME" if name[0].isupper() and len(re.findall(r"[^\W\d_]", name[0])) > 3 else "Name"
    return opening[: name.start()] + word + opening[name.end() :]


@lru_cache(maxsize=50)
def _shaped(shape: str, alone: bool) -> re.Pattern[str]:
    """Lines of one shape; `alone`: with nothing after it."""
    parts, named = [LEAD], "ame" in shape or "AME" in shape
    for m in _PIECES.finditer(shape):
        there = any("<name>" in p for p in parts)
        if not there and (m["name"] in ("Name", "NAME") or (m["number"] == "1" and not named)):
            parts.append(rf"(?P<name>{_EXAMPLE_NAME})")
        elif m["time"]:
            parts.append(TIME if any("<stamp>" in p for p in parts) else rf"(?P<stamp>{TIME})")
        elif m["name"]:
            parts.append(r"[^()\[\]\n\t]{1,40}?")
        elif m["number"]:
            parts.append(r"\d{1,5}")
        else:
            parts.append(r"[ ]*\t[ \t]*" if m["tab"] else r"[ \u00a0\u3000]+" if m["space"] else re.escape(m[0]))
    return re.compile("".join(parts) + (r"[ \t]*$" if alone else r"(?![^\W_])" if shape[-1].isalnum() else ""), re.MULTILINE)


def labels_like(shape: str, text: str, start: int = 0) -> list[Label]:
    """All places from `start` on that name a speaker in the way of a shape (`shape_of`).

    A shape that ends without a sign stands on a line of its own, if it does so anywhere.
    """
    found: list[re.Match[str]] = []
    for alone in (True, False) if shape[-1:].isalnum() else (False,):
        found = found if len(found) > 1 else list(_shaped(shape, alone).finditer(text, start))
    labels = []
    for m in found:
        stamp = m.groupdict().get("stamp")
        at, until = span_of(stamp) if stamp else stamp_above(text, m.start())
        if "NAME" not in shape or m["name"].isupper():
            labels.append(Label(m.start(), m.end(), " ".join(m["name"].split()), "", at, until, "t" if stamp else ""))
    return labels
