"""One detector of speakers for every text, from whatever file it comes.

It looks at a document as a whole. Every family of labels (`labels`) is a candidate for how this document names its
speakers; they compete by how many turns they explain with few names that come back in alternation. A word that
opens a line once or twice in running speech ("Note:", "I said:") is no speaker. Where only one side is named, or
only the questions are marked, the other side is inferred, and that is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from autocode.errors import InputError, counted
from autocode.formats.projects.positions import HEADS, HEADS_LEFT, NUMBERS_LEFT, cut_out, furniture, without_print
from autocode.formats.receipt import doubts_of, listed_names
from autocode.formats.transcripts import (
    INTERVIEWER,
    TIME,
    WORDS,
    Front,
    Label,
    Style,
    are_names,
    ends_sentence,
    from_zero,
    front_of,
    milliseconds,
    pattern,
    role_of_word,
)
from autocode.formats.transcripts.candidates import (
    Candidate,
    alike,
    chosen,
    key_of,
    labels_like,
    may_be_name,
    shape_of,
)
from autocode.formats.transcripts.page import (
    MARKED_TIME,
    Page,
    before_remark,
    set_in,
    stamp_below,
    without_end_stamp,
    without_furniture,
)
from autocode.formats.transcripts.roles import lists_people, other_side, traits_of, unnamed_sides, with_questions, with_roles
from autocode.study import Document, Turn

_MENDED = 1_500_000  # characters of a text in which slips of the hand are looked for


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks where in a text.

    Attributes:
        turns: In order, spans over the unchanged text; empty where no speakers were found.
        meanings: What a legend says of the names.
        doubts: What a careful reader should look at, in sentences that name speakers and numbers only.
    """

    turns: tuple[Turn, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def turns_in(text: str, styles: Sequence[Style] = (), shapes: Sequence[str] = ()) -> Speech:
    """Find who speaks where in the whole of a document.

    Args:
        text: Canonical text, newlines as ``\\n``; it is not changed.
        styles: Runs that stand out, where the file says so.
        shapes: How speakers are named, by examples (`shape_of`); it is found out where no line looks like them.
    """
    page = Page(text, styles, replace(front_of(text), printed=furniture(text)))
    found = _shown(page, shapes) or chosen(page)
    look: tuple[str, ...] = ()
    if found is None and (alike := _seen_alike(page)):
        found, look = alike
    if found is None:
        sides, doubts = unnamed_sides(page)
        return Speech(_between(page, sides) if sides else (), page.front.meanings, doubts)
    labels, doubts = _spelled_alike(from_zero(_absorbed(found, page)))
    labels, about = _without_edges(page, with_questions(page, labels))
    labels, beside = _within_cells(page, labels)
    voiced, inferred = other_side(page, labels) if len({label.name for label in labels}) == 1 else (labels, ())
    turns, chat = _between(page, voiced), all(_DATED.match(text, x.start) for x in labels)
    if chat and (left := sum(bool(_WORDLESS.fullmatch(text, t.start, t.end)) for t in turns)):
        turns = tuple(t for t in turns if not _WORDLESS.fullmatch(text, t.start, t.end))
        about += (f"{counted(left, 'message')} without words (pictures, sounds, calls) left out",)
    traits = traits_of(labels)
    told = [f"{name} ({aside})" for name, aside in traits.items()]
    apart = (f"what stands in brackets behind names is not part of them: {', '.join(told[:5])}",) if told else ()
    doubts = (*look, *doubts, *apart, *about, *beside, *inferred, *doubts_of(page, turns, replace(found, labels=tuple(labels))))
    asking = {x.name: INTERVIEWER for x in labels if re.match(r"\s*Q[. ]?\d+\W", text[x.start : x.end])}  # Q12 Chair: ...
    return Speech(turns, {**asking, **{n: a for n, a in traits.items() if role_of_word(a)}, **page.front.meanings}, doubts)


_DATED = re.compile(r"[\u200e\[ ]{0,3}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\W")
_WORDLESS = re.compile(pattern("⟨wordless⟩"))
_LINE_TIME = re.compile(rf"(?<=\n)[ \t]*{MARKED_TIME}")
_NUMBERED = re.compile(r"(?m)\n[ \t]*\d{1,5}[.:]?(?:[ \t]|$)|(?<=\S)[ \t]{2,}\d{1,5}[ \t]*$")


def read_speakers(
    text: str, path: Path, styles: Sequence[Style] = (), shapes: Sequence[str] = (), keep_print: bool = True
) -> tuple[Document, tuple[str, ...]]:
    """The document of a text read from `path`, with the turns found in it, and what there is to note and to doubt of them.

    Unless `keep_print`, what stands within turns and is not said (numbers of lines, running heads, times) is left out, and
    that is told. It stays where it stands in no turn: numbers may count the turns.
    """
    plain, there, numbers, heads = (text, styles, 0, ()) if keep_print else without_print(text, styles)
    speech, left = turns_in(text, styles, shapes), list[str]()
    if numbers or heads:
        said = [text[t.start : t.end] for t in speech.turns]
        printed = re.compile(rf"(?m)^(?:[^\S\n]|[\d.:])*(?:{'|'.join(map(re.escape, sorted(set(heads))))})[ \t]*$")
        within = heads and any(map(printed.search, said))
        if within or (heads and not said) or (numbers and (not said or any(map(_NUMBERED.search, said)))):
            left += [NUMBERS_LEFT.format(counted(numbers, "number"))] if numbers else []
            left += [HEADS_LEFT.format(counted(len(heads), *HEADS))] if heads else []
            text, speech = plain, turns_in(plain, there, shapes)
    turns = [list(_LINE_TIME.finditer(text, t.start, t.end)) for t in speech.turns if not keep_print]
    times, rising = [m.span() for own in turns for m in own], [milliseconds(m[0]) for own in turns for m in own]
    many = len(times) > max(2, 0.5 * sum(text.count("\n", t.start, t.end) for t in speech.turns))
    if many and rising == sorted(rising) and sum(map(bool, turns)) > 1:
        left.append(f"{counted(len(times), 'time')} before lines within turns left out")
        text, spans = cut_out(text, [(t.start, t.end, "") for t in speech.turns], times)
        moved = tuple(replace(t, start=s[0], end=s[1]) for t, s in zip(speech.turns, spans, strict=True))
        speech = replace(speech, turns=moved)
    document = Document(path.stem, text, path.stem, speech.turns, source=path.name)
    return with_roles(document, speech.meanings), (*left, *speech.doubts)


def with_turns(documents: Iterable[Document], shapes: Sequence[str] = ()) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    """Documents of another file (a project, a table) with the turns found in their texts, where they came without.

    Returns:
        The documents, and what there is to doubt of their turns, each with the names of the documents.
    """
    found, names = list[Document](), dict[str, list[str]]()
    for d in documents:
        speech = turns_in(d.text, (), shapes) if not d.turns and not d.segments else Speech(d.turns)
        found.append(with_roles(replace(d, turns=speech.turns), speech.meanings or None))
        for doubt in speech.doubts:
            names.setdefault(doubt, []).append(d.id)
    return tuple(found), tuple(f"{listed_names(of)}: {doubt}" for doubt, of in names.items())


def document_of(text: str, path: Path) -> Document:
    """The document of a text read from `path`, with the turns found in it."""
    return read_speakers(text, path)[0]


def _absorbed(found: Candidate, page: Page) -> tuple[Label, ...]:
    """The labels with those of other families that give a name already known: typists are not consistent."""
    if found.family in ("table", "shown") or len(page.text) > _MENDED:
        return found.labels
    names, spelled = {key_of(x.name) for x in found.labels}, {x.name for x in found.labels}
    apart = sum(page.is_apart(x.start) for x in found.labels) >= 0.9 * len(found.labels)
    taken, margin = {x.start for x in found.labels}, max(set_in(page.text, x.end) for x in found.labels) + 8
    more = []
    for family in ("colon", "semicolon", "dash", "square", "tab", "timed", "own", "token", "dot"):
        for x in page.labels(family) if family != found.family else ():
            loose = family == "own" and x.name not in spelled  # "Mr. Tobin." is called upon
            loose = loose or (family in ("dot", "token", "dash", "own") and len(x.name) < 2)
            loose = loose or (family == "token" and page.text[x.end : x.end + 1].islower())  # "KL is the researcher."
            loose = loose or (family == "dash" and not re.match(r"[^\n]*[^\W\d_]", page.text[x.end :]))  # "Quist - 2": a page
            loose = loose or page.text.count("\t", x.start, page.text.find("\n", x.end)) > 1  # a row of a table of persons
            if (
                x.start not in taken
                and key_of(x.name) in names
                and not loose
                and (page.is_apart(x.start) or not apart)
                and set_in(page.text, x.end) < margin
            ):
                more.append(x)
                taken.add(x.start)
    for family in ("dot", "wide", "tab"):  # questions and answers, between those who have names: Q. A. JUDGE AMADI:
        sides = [x for x in page.labels(family) if x.start not in taken and role_of_word(x.name)]
        if len({role_of_word(x.name) for x in sides}) == len({x.name for x in sides}) == 2 and len(sides) > 3:
            more += sides
            taken |= {x.start for x in sides}
    shouted = [x for x in page.labels("colon") if x.start not in taken and x.name.isupper() and len(x.name) > 2]
    shouted = [x for x in shouted if may_be_name(x.name, "colon")] if found.family != "colon" else []
    if len(shouted) > len({x.name for x in shouted}):  # whoever else speaks between questions and answers: MS. TRAN:
        more += shouted
    return tuple(sorted((*found.labels, *more), key=lambda x: x.start))


def _without_edges(page: Page, labels: Sequence[Label]) -> tuple[list[Label], tuple[str, ...]]:
    """Labels without those, at the very beginning or end, that come once before words that are no sentence: ``Start: 0:00``.

    Only where names come back and nearly all they say ends as sentences do.
    """
    counts = Counter(x.name for x in labels)
    ends = [x.stop or y for x, y in zip(labels, [*(y.start for y in labels[1:]), len(page.text)], strict=True)]
    words = [
        re.split(r"\n[ \t]*\n", page.text[x.end : without_end_stamp(page.text, x.end, end)[0]].strip())[0]
        for x, end in zip(labels, ends, strict=True)
    ]
    heads = [said.partition("\n")[0] for said in words]
    words = heads if not page.blank_lines and sum(map(ends_sentence, heads)) >= 0.7 * len(heads) else words
    talk = [ends_sentence(said) or bool(re.fullmatch(r"[(\[][^()\[\]]*[)\]]", said)) for said in words]
    if len(labels) < 6 or not any(talk) or sum(n > 1 for n in counts.values()) < 2 or sum(talk) < 0.7 * len(talk):
        return list(labels), ()
    names = [" " in said and are_names(head) for said, head in zip(words, heads, strict=True)]  # WITNESS: PETAR LUKIC
    often = [counts[x.name] for x in labels]
    odd = [
        not w or (n == 1 and (not done or lists_people(h, {*counts} - {x.name}))) or (named and n < 3 and len(x.name) > 3)
        for x, w, h, done, named, n in zip(labels, words, heads, talk, names, often, strict=True)
    ]
    legend = talk.index(True)  # persons named one after the other, before any of them speaks
    legend = legend if legend > 1 and len({x.name for x in labels[:legend]}) == legend else 0
    first, last = legend + [*odd[legend:], False].index(False), len(odd) - [*odd[::-1], False].index(False)
    between = [named and n == 1 and not ends_sentence(said) for named, n, said in zip(names, often, words, strict=True)]
    dropped = [i for i, listed in enumerate(between) if listed or not first <= i < last]
    left = ", ".join(f"'{labels[i].name}'" for i in dropped)
    kept = [replace(x, name="") if listed else x for x, listed in zip(labels[first:last], between[first:last], strict=True)]
    return kept, (f"{left}: taken for a line about the transcript, not for a speaker",) if left else ()


def _within_cells(page: Page, labels: Sequence[Label]) -> tuple[list[Label], tuple[str, ...]]:
    """Labels whose words end with their cell, where names stand in the cells of words and other cells beside these."""
    ends = [page.text.find("\n", x.end) for x in labels]
    tabs = [page.text.find("\t", x.end, end if end >= 0 else len(page.text)) for x, end in zip(labels, ends, strict=True)]
    if any(x.stop for x in labels) or sum(at >= 0 for at in tabs) < max(3, 0.8 * len(labels)):
        return list(labels), ()
    notes = sum(bool(page.text[at : end if end >= 0 else None].strip()) for at, end in zip(tabs, ends, strict=True) if at >= 0)
    told = (f"{counted(notes, 'cell')} beside the words (notes, codes) belong to nobody",) if notes else ()
    return [replace(x, stop=at) if at >= 0 else x for x, at in zip(labels, tabs, strict=True)], told


def timed(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Turns with the start that follows from the stamp at the end of the turn before."""
    done: list[Turn] = []
    for turn in turns:
        before = done[-1].end_ms if done else None
        starts = before if turn.start_ms is None and turn.end_ms is not None else turn.start_ms
        done.append(replace(turn, start_ms=starts))
    return tuple(done)


def _spelled_alike(labels: Sequence[Label]) -> tuple[list[Label], tuple[str, ...]]:
    """Labels with one spelling for each speaker, and which slips were taken for which name."""
    counts = Counter(x.name for x in labels)
    best = {key_of(name): name for name, _ in reversed(counts.most_common())}
    totals = Counter(best[key_of(x.name)] for x in labels)
    near = {n: [other for other in totals if totals[other] >= max(3, 3 * totals[n]) and alike(n, other)] for n in totals}
    slips = {name: others[0] for name, others in near.items() if others}
    told = tuple(f"'{a}' is taken for '{b}' ({counted(totals[a], 'turn')})" for a, b in slips.items())
    return [replace(x, name=slips.get(best[key_of(x.name)], best[key_of(x.name)])) for x in labels], told


def _between(page: Page, labels: Sequence[Label]) -> tuple[Turn, ...]:
    """Each label's words, up to the next label."""
    ends = [label.start for label in labels[1:]] + [len(page.text)]
    spoken = [_turn(page, label, label.stop or end) for label, end in zip(labels, ends, strict=True) if label.name]
    turns = _without_headings(page, spoken)
    if turns:
        turns[-1] = replace(turns[-1], end=_without_closing(page, turns))
    return timed([t for t in turns if t.end > t.start and not _TIME_ALONE.fullmatch(page.text, t.start, t.end)])


_TIME_ALONE = re.compile(TIME)
_CLOSING = re.compile(pattern("⟨ending⟩"), re.IGNORECASE)
_OUTSIDE, _HEADED = re.compile(pattern("⟨outside⟩")), re.compile(pattern("⟨heading⟩"))
_RULE = re.compile(r"\n[ \t]*(?:(?:[-–—=_*#~•·] ?){3,}|--)[ \t]*(?:\n|$)[\s\S]*|\n[^\n]*(?:_{4}|\.{6}|©)[\s\S]*")


def _without_closing(page: Page, turns: Sequence[Turn]) -> int:
    """Where the last words end before what closes a transcript: ``[End of interview]``, a signature, a part with a heading.

    Where no other turn has a line or a blank line within it, what is set apart in the last one and is no sentence closes it.
    """
    last = turns[-1]
    heads = (a for a, _, how in page.styles if last.start < a < last.end and _HEADED.match(how))
    body = page.text[last.start : min(heads, default=last.end)].rstrip()
    others = [page.text[t.start : t.end] for t in turns[:-1]]
    for closing, back in ((_CLOSING, 120), (_RULE, 0 if any(_RULE.search(w) for w in others) else len(body))):
        found = closing.search(body, max(0, len(body) - back))
        body = body[: found.start()].rstrip() if found else body
    sentences = sum(ends_sentence(w, or_stops=True) for w in others) >= 0.8 * len(others)
    apart = next((sign for sign in ("\n", "\n[ \t]*\n") if not any(re.search(sign, w) for w in others)), "")
    gaps = (m for m in re.finditer(apart, body) if ends_sentence(body[: m.start()], or_stops=True))  # not "You find it on"
    for m in gaps if apart and sentences and len(others) > 4 else ():
        line = re.match(r"\s*(.*)", body[m.end() :])
        if line and (_OUTSIDE.fullmatch(line[1]) or not (ends_sentence(line[1], or_stops=True) or line[1][:1].islower())):
            body = body[: m.start()].rstrip()
            break
    return last.start + len(body[: _set_apart(page, turns, body)].rstrip())


def _set_apart(page: Page, turns: Sequence[Turn], body: str) -> int:
    """Where the last words end before a paragraph without a name, where all others open with one: what follows the talk.

    It tells of the talk or of those who spoke, or stands behind a blank line where none parts the turns.
    """
    blank = re.search(r"\n[ \t]*\n", body)
    gap = blank or re.search(r"(?<=[.?!…。)\]\"”»])\n(?![a-zß-ÿ])|\n(?=\W*\*)", body)
    inner = re.compile(r"\n[ \t]*\n" if blank else "\n")
    if not gap or len(turns) < 5 or any(inner.search(page.text, t.start, t.end) for t in turns[:-1]):
        return len(body)
    dense = blank and not any("\n\n" in re.sub(r"[ \t]", "", page.text[a.end : b.start]) for a, b in pairwise(turns))
    words = re.findall(r"[^\W\d_]{4,}", body[gap.end() :].casefold())
    told = any(w in WORDS["talk"] or role_of_word(w) or w in {t.speaker.casefold() for t in turns} for w in words)
    keyed = re.match(r"\s*[^\W\d_][^\n:.?!]{0,24}:[ \t]", body[gap.end() :])  # "Source: ..." below the rows of a table
    tells = told or (keyed and all(page.text.startswith("\t", t.start - 1) for t in turns))
    return gap.start() if dense or (tells and len(turns) > 7) else len(body)


def _without_headings(page: Page, turns: Sequence[Turn]) -> list[Turn]:
    """Turns without a short last line, set apart, that ends no sentence, where nearly all other turns end one."""
    ends = [before_remark(page.text, t.start, t.end) for t in turns]
    if sum(end < t.end for end, t in zip(ends, turns, strict=True)) < 0.6 * len(turns):  # or each has its translation
        turns = [replace(t, end=end) for end, t in zip(ends, turns, strict=True)]
    words = [page.text[t.start : t.end] for t in turns]
    if sum(ends_sentence(w, or_stops=True) for w in words) < 0.6 * len(words):
        return list(turns)
    done, sure = [], 0
    for turn, said in zip(turns, words, strict=True):
        last = said.rpartition("\n")[2].strip()
        at = turn.start + len(said) - len(last)
        before = page.text[turn.start : at].rstrip(" \t\n-–—=_*#~")
        marked = (part := _PART.fullmatch(last)) and (not part["word"] or part["word"].casefold() in WORDS["heading"])
        headed = (
            last
            and before
            and (marked or (":" not in last and len(last.split()) <= 8 and not last[0].islower()))
            and (marked or not ends_sentence(last, or_stops=True))
            and page.is_apart(at)
            and (marked or (turn is not turns[-1] and ends_sentence(before, or_stops=True)))
        )
        sure += bool(headed and (marked or set_in(page.text, at) > 8 or re.search(r"\d\W*$", last)))
        done.append(replace(turn, end=turn.start + len(before)) if headed else turn)
    return done if sure or sum(a != b for a, b in zip(turns, done, strict=True)) > 1 else list(turns)


_PART = re.compile(
    r"(?:#{1,6} [^\n]*|[\W_]*(?P<word>[^\W\d_]+)[ .]+(?:\d{1,3}|[IVX]{1,5}|[A-Z]|one|two|three|four|five|six)\b[^\n]{0,80})"
)
"""A heading by its mark, or by a word for a part and its number: ``Part 2: Work``."""


def _turn(page: Page, label: Label, end: int) -> Turn:
    begin, stamp = stamp_below(page.text, label.end, end)
    end, end_ms = without_end_stamp(page.text, begin, without_furniture(page, begin, end))
    body = page.text[begin:end]
    start = begin + len(body) - len(body.lstrip())
    start_ms = label.start_ms if label.start_ms is not None else stamp
    return Turn(start, max(start, end), label.name, start_ms, end_ms if end_ms is not None else label.end_ms)


def _seen_alike(page: Page) -> tuple[Candidate, tuple[str, ...]] | None:
    """Labels that no family knows: nearly every line or paragraph looks like one of the first, with few names in turn."""
    starts = [at for at in page.lines if not page.blank_lines or page.is_apart(at)]
    for at in starts[:8] if page.short else ():
        try:
            shape = shape_of(page.text[at:].partition("\n")[0])
        except InputError:
            continue
        found = _shown(page, [shape]) if re.search(r"(?i)name", shape) and re.search(r"[^\w\s]|\t", shape) else None
        names = Counter(key_of(x.name) for x in found.labels) if found else Counter[str]()
        if (
            found
            and len(found.labels) >= max(4, 0.8 * len(starts))
            and 1 < len(names) <= len(found.labels) / 2
            and min(names.values()) > 1
        ):
            return found, (f"lines that look like '{shape}' are taken as turns: --speaker-pattern says it otherwise",)
    return None


def _shown(page: Page, shapes: Sequence[str]) -> Candidate | None:
    """The labels that look like the examples a person gave; None where their names do not come back."""
    found = {x.start: x for shape in shapes for x in labels_like(shape, page.text, page.front.end)}
    labels = tuple(found[at] for at in sorted(found) if may_be_name(found[at].name, "own"))
    names = {key_of(x.name) for x in labels}
    return Candidate("shown", labels, len(labels)) if len(labels) > 1 and len(labels) >= 1.5 * len(names) else None


def split_names(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of speaker and words for lines of which some open with a name; a line without one gets the name ""."""
    text = "\n".join(lines)
    found = chosen(Page(text, (), Front(0, {})), least=1)
    named = {label.start: label for label in found.labels} if found else {}
    pairs, at = [], 0
    for line in lines:
        label = named.get(at)
        pairs.append((label.name, text[label.end : at + len(line)]) if label else ("", line))
        at += len(line) + 1
    return pairs
