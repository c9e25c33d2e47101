"""Who asks and who answers.

Roles are proposed from words, legend, questions and shares of the talk, and pooled over a study.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from autocode.config import SegmentConfig
from autocode.errors import counted
from autocode.formats.transcripts import (
    ANSWERER,
    ASKER,
    INTERVIEWER,
    RESPONDENT,
    SET_IN,
    UNCLEAR,
    WORDS,
    Label,
    asks,
    ends_asking,
    legend,
    names_in_turn,
    pattern,
    role_of_word,
)
from autocode.formats.transcripts.candidates import tells_of_person
from autocode.formats.transcripts.page import DASHED, Page
from autocode.study import Document

_MOST_LINES = 20_000  # of a text in which questions are looked for


@dataclass(frozen=True, slots=True)
class Role:
    """What a speaker seems to be, and why; a proposal that a person confirms or changes.

    Attributes:
        role: interviewer, respondent or unclear.
        questions: Share of the speaker's turns that ask something, 0 to 1.
        words: Share of the document's words that are the speaker's, 0 to 1.
        turns: How many turns the speaker has.
        evidence: Why, in a line without any words of the transcript.
    """

    speaker: str
    role: str
    questions: float
    words: float
    turns: int
    evidence: str


def propose_roles(document: Document, explained: Mapping[str, str] | None = None) -> tuple[Role, ...]:
    """Propose a role for each speaker of a document, in the order in which they first speak.

    A legend decides, then the name itself; where neither says anything, the speaker who asks in at least twice as many of
    the turns as any other, and says less than half, is proposed as interviewer and the others as respondents. A letter or two
    say little: an E who asks in half of the turns is no respondent, and an I who hardly ever asks beside it no interviewer.
    """
    explained = {**(legend(document.text) if explained is None else explained), **_stated(document)}
    turns: dict[str, list[str]] = {}
    for turn in document.turns:
        if turn.speaker:
            turns.setdefault(turn.speaker, []).append(document.text_of(turn))
    letters = {w[0]: w for w in turns if len(w) > 3 and role_of_word(w) and w[0] in turns}
    if {role_of_word(w) for w in letters.values()} >= {INTERVIEWER, RESPONDENT}:  # Pregunta, Respuesta; then P, R
        explained = {**letters, **explained}
    parts = [w.rpartition(", ") for w in turns if role_of_word(w.rpartition(", ")[2])]  # LENA ORTIZ, HOST; then ORTIZ
    explained = {**{s: role for name, _, role in parts for s in turns if f" {name}".endswith(f" {s}") and name}, **explained}
    counts = {speaker: sum(len(t.split()) for t in said) for speaker, said in turns.items()}
    whole = max(1, sum(counts.values()))
    words = {speaker: n / whole for speaker, n in counts.items()}
    asked = {speaker: asks(said) for speaker, said in turns.items()}
    named = {speaker: _by_name(speaker, explained) for speaker in turns}
    asking = _askers(turns, asked, words)
    called = [s for s, (role, _) in named.items() if role == INTERVIEWER]
    asker, *_ = asking or ("",)
    telling = asker and asker not in called and asked[asker] >= 0.5 and not any(explained.get(s) for s in turns)
    if telling and all(_is_letters(s) and 3 * asked[s] <= asked[asker] for s in called):
        named = {s: ("", "") if _is_letters(s) else said for s, said in named.items()}
    enough = any(asked[s] >= 0.4 for s in called)
    silent = {s for s in called if enough and _is_letters(s) and asked[s] <= 0.1 and not explained.get(s)}
    numbered = {s for s in called if re.fullmatch(r"[^\W\d_][ .-]?\d{1,2}", s) and not explained.get(s)}
    numbered -= {s for s in numbered if any(len(w) > 2 and w[0] == s[0] for w in called)}  # Interviewer 1, then I2
    silent |= numbered if any(len(s) > 2 for s in called) else set()  # MOD asks: F2 is a woman, no question
    named = {s: ("", "") if s in silent else said for s, said in named.items()}
    answering = [s for s, (role, _) in named.items() if role == RESPONDENT]
    alike = len({re.sub(r"[\W\d]+$", "", s) for s in turns}) == 1 and not any(map(explained.get, turns))
    long = asker and sum(len(re.findall(r"[.?!。？！…]+", t)) for t in turns[asker]) > 1.6 * len(turns[asker])
    sure = asker and asked[asker] >= 0.7 and (words[asker] <= 0.4 or not long)  # who asks and hardly tells
    if len(answering) == len(turns) == 2 and (
        sure or (alike and not asker)
    ):  # "Participant 1", "Participant 2": a word for anybody
        named, answering = dict.fromkeys(turns, ("", "")), []
    interviewed = any(role == INTERVIEWER for role, _ in named.values())
    leader = "" if interviewed else _leader(answering, explained, {s: asked[s] for s in turns if len(turns[s]) > 1}, not asking)
    named |= {leader: (INTERVIEWER, "leads the talk, the other answers")} if leader else {}
    interviewed = interviewed or bool(leader)
    free = [s for s in turns if not named[s][0]]
    chair = [s for s in free if s.casefold() in WORDS["presiding"] and not interviewed]
    asking = asking if not chair or {*turns} - {*chair, *asking} else ()  # somebody answers
    named |= {s: (INTERVIEWER, "asks far more than any other") for s in free if s in asking and not interviewed}
    members = [s for s in free if chair and s not in chair and asked[s] >= 0.5 and len(turns[s]) > 1]
    members = members if {*free} - {*chair, *members} else []
    named |= dict.fromkeys(chair, (INTERVIEWER, "is in the chair")) | dict.fromkeys(members, (INTERVIEWER, "asks in a hearing"))
    interviewed = interviewed or bool(members)
    named |= dict.fromkeys(_asking_once(document, turns, named), (INTERVIEWER, "asked once and was answered"))
    rest = (RESPONDENT, "another speaker is the interviewer" if interviewed else "another speaker asks far more")
    rest = rest if interviewed or asking else (UNCLEAR, "neither the name nor the questions tell")
    roles = []
    for speaker in turns:
        role, why = named[speaker] if named[speaker][0] else rest
        shares = f"asks in {asked[speaker]:.0%} of {len(turns[speaker])} turns, says {words[speaker]:.0%} of the words"
        roles.append(Role(speaker, role, asked[speaker], words[speaker], len(turns[speaker]), f"{why}; {shares}"))
    return tuple(roles)


_STATED = re.compile(pattern("⟨stated⟩"), re.MULTILINE)
_ASKED_BY = re.compile(pattern("⟨asked_by⟩"), re.MULTILINE | re.IGNORECASE)
_EXAMINED_BY = re.compile(
    r"(?m)^[ \t]*(?:\d{1,2}[ \t]+)?(?:(?i:questions|[\w-]{0,6}examination) )?(?:BY|by|from) (?P<names>[^\n:a-z]{3,40}):?[ \t]*$"
)  # who asks below
_ASKED = re.compile(r"[ \t]*Q(?:uestion)?[. ]{0,2}\d{1,4}[.:]?[ \t]+[^\d\W][^\n]*")  # "Q12 Ms Rao: ..."


def _stated(document: Document) -> dict[str, str]:
    """What lines before the talk say: ``Interviewers: Rosa (I1), Lena (I2)``, or ``Interviewed by Jo Carter`` for JC or Jo."""
    found: dict[str, str] = {}
    speakers = {t.speaker for t in document.turns if t.speaker}
    top = min(4000, document.turns[0].start) if document.turns else 0
    stated = [(m["who"], m["names"]) for m in _STATED.finditer(document.text, 0, top) if role_of_word(m["who"])]
    stated += [(INTERVIEWER, m["names"]) for m in _ASKED_BY.finditer(document.text, 0, top)]
    stated += [(INTERVIEWER, m["names"]) for m in _EXAMINED_BY.finditer(document.text)]
    for full, _, role in (name.rpartition(",") for name in speakers):  # LENA ORTIZ, HOST; then ORTIZ
        if role_of_word(role):
            found |= dict.fromkeys({f"{full},{role}", full.split()[-1] if full else ""} & speakers, role.strip())
    lines = ((t, document.text.rfind("\n", 0, t.start) + 1) for t in document.turns)
    numbered = {t.speaker for t, line in lines if _ASKED.fullmatch(document.text, line, t.start)}
    found |= dict.fromkeys(numbered, INTERVIEWER) if numbered < speakers else {}
    for who, names in stated:
        persons = re.split(r"[,;/&]| (?:and|und|et|y|e|en|och|og|i|и) ", re.sub(r"\(.*?\)", "", names))
        initials = {"".join(word[0] for word in re.findall(r"\w+", person)).casefold() for person in (names, *persons)}
        for name in speakers:
            words = r"(?:\W+\w+)??\W+".join(map(re.escape, name.split()))  # "DC 4471 Pell" is DC Pell
            there = re.search(rf"(?<!\w){words}(?!\w)", names, re.IGNORECASE)
            if there or (len(name) > 1 and name.replace(".", "").casefold() in initials):
                found.setdefault(name, who)
    return found


def lists_people(line: str, names: Collection[str]) -> bool:
    """Whether a line says of two people or more who they are: ``Ann Moe, head of school, and Joe Fox, her deputy``."""
    own = [name.split()[-1] for name in names if name and name.split()[-1] in line]
    first = rf"(?:[^\W_]+[ .]+){{0,3}}(?:{'|'.join(map(re.escape, own))})\b"
    return len(own) > 1 and bool(re.search("[;=]", line) or re.match(first, line))


MARKER = re.compile(r"[ \t]*(>{1,3}|#{1,6}|[*_]{1,3}|[-–—•■□▪▫●○◆◇►▶»?+\[]|\(?\d{1,3}[.)])[ \t]*(?=\S)")


_PAIRED = re.compile(
    r"[ \t]*(?:\(?\d{1,5}[.)]*[ \t]+)?(?P<asked>(?=\S)[^?？]*?[?？])[ ]?[-–—]{1,3}[ ]?(?=\S)"
)  # 12. Why?—I was told to.


def unnamed_sides(page: Page) -> tuple[list[Label], tuple[str, ...]]:
    """Where two sides speak whom the text does not name: questions stand out by type, a sign, a number or capitals.

    Returns:
        A label for each turn, and how the sides were told apart.
    """
    spans = page.paragraphs(page.front.end, len(page.text)) if len(page.lines) <= _MOST_LINES else []
    spans = [(a, b) for a, b in spans if any(map(str.isalnum, page.text[a:b]))]
    words = [page.text[a:b] for a, b in spans]
    if len(spans) < 4:
        return [], ()
    paired = [_PAIRED.match(page.text, a, b) for a, b in spans]
    if sum(map(bool, paired)) >= 0.8 * len(paired):
        sides = ((Label(m.start(), m.start("asked"), ASKER, stop=m.end("asked")), m.end()) for m in paired if m)
        both = [x for asked, at in sides for x in (asked, Label(at, at, ANSWERER))]
        return both, (f"no names; {counted(len(both) // 2, 'paragraph')} taken as a question and its answer",)
    signs = [(m[1] if not m[1].strip("(.)").isdigit() else "1") if (m := MARKER.match(w)) else "" for w in words]
    kinds = dict.fromkeys(k for *_, k in page.styles)
    masks = {k if k == SET_IN else f"in {k} type": [_covered(page, a, b, k) for a, b in spans] for k in kinds}
    opening = {s: "that have a number" if s == "1" else f"that open with '{s}'" for s in dict.fromkeys(signs) if s}
    masks |= {how: [x == s for x in signs] for s, how in opening.items()}
    if SET_IN not in masks:
        masks[SET_IN] = [bool(re.match(r"\t|[ \u00a0]{2,}|\u3000", w)) for w in words]
    masks["in capitals"] = [w.isupper() and len(w.split()) > 2 for w in words]
    for how, mask in masks.items():
        inside, outside = ([w for w, m in zip(words, mask, strict=True) if m == side] for side in (True, False))
        runs = sum(here and not last for here, last in zip(mask, [False, *mask], strict=False))
        if len(inside) < 3 or runs < 2 or not outside or len(inside) > 0.75 * len(words):
            continue
        asked, other = ends_asking(inside), ends_asking(outside)
        side = "interviewer" if asked >= 0.5 and other <= 0.4 else ""
        side = side or ("respondent" if how.endswith(("type", SET_IN)) and other >= 0.5 and asked <= 0.2 else "")
        if side:
            told = f"no names; the {counted(len(inside), 'paragraph')} {how} taken as the {side}'s"
            told += "" if abs(asked - other) > 0.7 else ": right?"
            return _sides(page, spans, [m == (side == "interviewer") for m in mask]), (told,)
    sign = Counter(signs).most_common(1)[0][0]
    opened = [n for n, s in enumerate(signs) if s == sign]
    among = opened[-1] + 1 - opened[0] if opened[0] < 0.3 * len(words) else len(words)
    if not sign or sign not in "-–—>>>•»" or len(opened) < max(4, 0.75 * among, 0.6 * len(words)):
        return _unmarked(page, spans, words)
    names = names_in_turn([words[n] for n in opened])
    marks = [
        (m := MARKER.match(page.text, spans[n][0])) and Label(m.start(), m.end(), names[i % 2]) for i, n in enumerate(opened)
    ]
    told = f"no names; '{sign}' opens {counted(len(opened), 'paragraph')}: taken as two people who speak in turn: right?"
    return [x for x in marks if x], (told,)


def _unmarked(page: Page, spans: Sequence[tuple[int, int]], words: Sequence[str]) -> tuple[list[Label], tuple[str, ...]]:
    """Labels where nothing but the questions tells the two sides apart."""
    parts = [[(a + m.start(), a + m.end()) for m in re.finditer(r"[^\n]+", w)] for (a, _), w in zip(spans, words, strict=True)]
    first = parts[0][len(parts[0]) > 2 and not ends_asking([page.text[slice(*parts[0][0])]]) :]  # below a title
    parts = [first, *parts[1:]]
    if all(len(p) > 1 and ends_asking([page.text[slice(*p[0])]]) for p in parts):
        told = f"no names; the first lines of {counted(len(parts), 'paragraph')} ask and are taken as the interviewer's: right?"
        return _sides(page, [s for p in parts for s in (p[0], (p[1][0], p[-1][1]))], [True, False] * len(parts)), (told,)
    asking = [bool(ends_asking([w])) for w in words]
    if sum(a != b for a, b in pairwise(asking)) < 0.85 * (len(words) - 1) or len(words) < 6:
        return [], ()
    told = f"no names; the {counted(sum(asking), 'paragraph')} that ask are taken as the interviewer's: right?"
    return _sides(page, spans, asking), (told,)


def _covered(page: Page, start: int, end: int, kind: str) -> bool:
    """Whether a paragraph is in one style, nearly all of it."""
    runs = sum(min(end, b) - max(start, a) for a, b, k in page.styles if k == kind and a < end and b > start)
    return runs >= 0.85 * (end - start)


def _sides(page: Page, spans: Sequence[tuple[int, int]], asking: Sequence[bool]) -> list[Label]:
    """Labels for paragraphs of two sides, from the first question on; neighbours of one side are one turn."""
    labels: list[Label] = []
    asks_first = ends_asking([page.text[a:b].rstrip("*_") for (a, b), asked in zip(spans, asking, strict=True) if asked]) >= 0.6
    for (start, end), asked in zip(spans, asking, strict=True):
        if not labels and not (asked and (not asks_first or asks([page.text[start:end]]))):
            continue
        name = ASKER if asked else ANSWERER
        mark = MARKER.match(page.text, start)
        mark = mark if mark and (asked or mark[1] in "-–—") else None
        if not labels or labels[-1].name != name:
            pair = mark and mark[1].strip("*_[") == "" and page.text[start:end].rstrip().endswith(mark[1].replace("[", "]"))
            stop = start + len(page.text[start:end].rstrip()) - len(mark[1]) if mark and pair else 0
            labels.append(Label(start, mark.end() if mark else start, name, stop=stop))
    return labels


def other_side(page: Page, labels: Sequence[Label]) -> tuple[Sequence[Label], tuple[str, ...]]:
    """Labels where one name alone is written: the paragraphs without it are the other side's, if one side asks."""
    name = labels[0].name
    ends = [label.start for label in labels[1:]] + [len(page.text)]
    parts = [page.paragraphs(label.end, end) for label, end in zip(labels, ends, strict=True)]
    own = [page.text[a:b] for p in parts for a, b in p[:1]]
    rest = [page.text[a:b] for p in parts for a, b in p[1:]]
    asking = role_of_word(name) == INTERVIEWER or asks(own) >= 0.5 > asks(rest)
    if sum(len(p) > 1 for p in parts) < 0.5 * len(parts) or (not asking and asks(rest) < 0.2):
        return labels, (f"one speaker only ({name}): whoever else speaks has no name",)
    other = ANSWERER if asking else ASKER
    regular = sum(len(p) == 2 for p in parts[:-1]) >= 0.7 * (len(parts) - 1) and asks(rest) >= 0.5
    dashed = sum(bool(MARKER.match(w)) for w in rest) >= 0.8 * len(rest)

    def bare(at: int) -> Label:
        """The label of a side without a name, a dash before its words left out."""
        mark = MARKER.match(page.text, at) if dashed else None
        return Label(at, mark.end() if mark else at, other)

    marks: list[Label] = []
    before = [p for p in page.paragraphs(page.front.end, labels[0].start) if not asking and asks([page.text[slice(*p)]])]
    marks += [bare(a) for a, _ in before[-1:]]
    for label, spans in zip(labels, parts, strict=True):
        marks.append(label)
        marks += [bare(a) for a, b in spans[1:] if asking or asks([page.text[a:b]]) or (regular and len(spans) == 2)]
    joined = [
        m for m, last in zip(marks, [None, *marks], strict=False) if last is None or m.name != last.name or m.name == name
    ]
    side = "respondent" if asking else "interviewer"
    count = sum(m.name == other for m in joined)
    return joined, (f"only '{name}' is named; {counted(count, 'turn')} without a name taken as the {side}'s",)


def traits_of(labels: Sequence[Label]) -> dict[str, str]:
    """What always stands in brackets behind a name and is no part of it: ``Anna (f, 34)``."""
    asides: dict[str, set[str]] = {}
    for x in labels:
        asides.setdefault(x.name, set()).add(x.aside)
    found = {name: next(iter(said)) for name, said in asides.items() if len(said) == 1 and said != {""}}
    return {name: aside for name, aside in found.items() if not name.endswith(")") and tells_of_person(name, aside)}


def with_questions(page: Page, labels: Sequence[Label]) -> list[Label]:
    """Labels with those of whoever asks without a name, where those who answer have names.

    The questions stand behind dashes, or as headings or in other type.
    """
    there = {x.start for x in labels}
    spans = [(a, b) for a, b in page.paragraphs(page.front.end, len(page.text)) if a not in there]
    spans = spans if len(page.lines) <= _MOST_LINES else []
    for kind in ("", *dict.fromkeys(k for *_, k in page.styles)):
        opening = re.compile(r"[ \t]*#{1,6}[ ]") if not kind else re.compile("")
        marks = [(m, b) for a, b in spans if (m := opening.match(page.text, a)) and (not kind or _covered(page, a, b, kind))]
        dashes = [(m, b) for a, b in spans if (m := DASHED.match(page.text, a))] if not kind else []
        for found in (dashes, marks):
            asked = [bool(ends_asking([page.text[m.end() : b].rstrip("*_")])) for m, b in found]
            found = found[asked.index(True) :] if found is marks and any(asked) else found  # a title is a heading too
            if len(found) > 2 and sum(asked) >= 0.5 * len(asked):
                return sorted([*labels, *(Label(m.start(), m.end(), ASKER) for m, _ in found)], key=lambda x: x.start)
    return list(labels)


def with_roles(document: Document, meanings: Mapping[str, str] | None = None) -> Document:
    """The document with the names of its interviewers, beside those that every study knows.

    A name or a legend that says so decides, else who asks: in half of at least three turns, and twice as often as any other.
    """
    if not document.turns or document.segments:
        return document
    known = SegmentConfig().interviewers
    roles = [r for r in propose_roles(document, meanings) if r.role == INTERVIEWER and r.speaker.casefold() not in known]
    sure = tuple(  # two turns that both ask are enough beside another who asks
        r.speaker
        for r in roles
        if not r.evidence.startswith("asks") or (r.questions >= 0.5 and r.turns > 2 - (len(roles) > 1 and r.questions == 1))
    )
    return replace(document, interviewers=tuple(dict.fromkeys((*document.interviewers, *sure))))


def _by_name(speaker: str, explained: Mapping[str, str]) -> tuple[str, str]:
    """The role that the legend or the name says, and why; "" where neither does."""
    said = speaker.rpartition(", ")[2]
    said = said if role_of_word(said) else speaker
    for text, why in ((explained.get(speaker, ""), "the legend says so"), (said, "the name says so")):
        if text and (role := role_of_word(text) or role_of_word(text.split(" ")[0].strip(",;") if text is not speaker else "")):
            return role, why
        if text and text is not speaker and len(speaker.strip(" .")) <= 2:
            break  # the legend says what the letter stands for
    return "", ""


def _leader(answering: Collection[str], explained: Mapping[str, str], asked: Mapping[str, float], even: bool) -> str:
    """Who leads a talk by profession (a doctor, ``Dr. Rao``) and asks most, or is alone with those who answer; "" for nobody.

    Of two who ask alike (`even`) it is the one who leads.
    """
    free = [s for s in asked if s not in answering]
    leading = [s for s in free if {s.casefold(), explained.get(s, "").casefold().split(",")[0]} & WORDS["leading"]]
    titled = [s for s in free if s.casefold().split(" ")[0].strip(".") in WORDS["leading"] and asked[s] >= 0.5]
    alone = free if len(free) == 1 < len(asked) else leading or titled
    most = max(asked.values(), default=0)
    first = len(alone) == 1 and (asked[alone[0]] >= most or (even and len(asked) == 2 and alone == leading and most <= 0.5))
    return alone[0] if first else ""


def _asking_once(document: Document, turns: Mapping[str, Sequence[str]], named: Mapping[str, tuple[str, str]]) -> list[str]:
    """Who speaks once, to ask those who answer an interviewer, and is answered by them: a second interviewer."""
    asking = {s for s in turns if named[s][0] == INTERVIEWER}
    answering = {s for s in turns if s not in asking and len(turns[s]) > 1}
    free = {s for s in turns if len(turns[s]) == 1 and ends_asking(turns[s]) and not named[s][0] and not re.search(r"\d", s)}
    order = [t.speaker for t in document.turns if t.speaker]
    around = {s: (order[n - 1 : n + 2], n) for n, s in enumerate(order) if s in free and asking}
    return [s for s, (near, n) in around.items() if n and {*near} - {s} <= answering]


def _is_letters(name: str) -> bool:
    """Whether a name is a letter or two, which say little; a sign of Chinese or Japanese is a word."""
    return len(name.strip(" .")) <= 2 and all(c < "\u2e80" for c in name)


def _askers(turns: Mapping[str, Sequence[str]], asked: Mapping[str, float], words: Mapping[str, float]) -> tuple[str, ...]:
    """The speakers who ask far more than all others, and the one of them who asks most says less than half.

    Where all but one ask, it is all of them. Where asking alone does not tell, ending with a question does, of those who
    speak more than once: one speaker, or several who do so in most of their turns where the others hardly ever do.
    """
    ranked = sorted(asked, key=lambda s: -asked[s])
    if len(ranked) < 2 or not asked[ranked[0]]:
        return ()
    first, second = ranked[:2]
    sure = asked[first] >= 0.6 and asked[first] >= 5 * asked[second]
    if asked[first] >= 2 * asked[second] and (words[first] < 0.5 or sure):
        return (first,)
    several = tuple(s for s in ranked if asked[s] > 0.1)
    if len(several) == len(ranked) - 1 and asked[several[-1]] >= 0.5:  # a hearing: one answers all
        return several
    ends = {s: ends_asking(said) for s, said in turns.items() if len(said) > 1}
    some = tuple(s for s in ends if ends[s] >= 0.6)
    rest = [ends[s] for s in ends if s not in some]
    return some if some and rest and max(rest) <= 0.25 and sum(words[s] for s in some) < 0.5 else ()
