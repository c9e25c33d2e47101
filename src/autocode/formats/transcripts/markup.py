"""Transcripts in markup: web pages without what stands around the talk, and XML in which speech is marked.

XML comes from editors of transcripts and from archives: TEI (`u`, `sp`), ELAN, EXMARaLDA, Transcriber, FOLKER, CHAT in XML,
timed text, captions of YouTube, and anything whose elements name who speaks. It is read like the XML of projects: bounded, with
no document type (one without declarations of its own, as Transcriber writes it, is cut off unread).

Sources: TEI P5 guidelines, chapter 8; ISO 24624; ELAN's EAF 3.0 schema; EXMARaLDA's and Transcriber's DTDs; W3C TTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

from autocode.errors import InputError, counted
from autocode.formats.files import read_bytes, read_text
from autocode.formats.projects import attribute, local, parse_xml
from autocode.formats.transcripts import CLOCK, CLOSED, KIND_ENDS, OPENED, Style, marked_out, milliseconds
from autocode.formats.transcripts.cues import Cue, seconds_in, unit_of

_BLOCKS = {"p", "div", "br", "li", "tr", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "table"}
_BLOCKS |= {"article", "header", "main", "ul", "ol", "dl", "figure", "figcaption", "hr"}
_CELLS = {"td", "th"}
_STANDING_OUT = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    **dict.fromkeys(("h1", "h2", "h3", "h4", "dt"), "heading"),
}
_HIDDEN = {"script", "style", "head", "template", "noscript", "svg", "select"}
_AROUND = {"nav", "footer", "aside", "form", "button"}
_VOID = {"br", "img", "input", "hr", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track", "param"}
_AROUND_WORDS = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|breadcrumbs?|share|sharing|social|sidebar|related|recommend\w*|cookies?|newsletter"
    r"|adverts?|ads?|promo|comments?|comment-list|disqus\w*|footer|copyright|disclaimer|subscribe|pagination|skip-?link|toolbar"
    r"|tags?|userpic|avatar|page_header|sr-only|screen-reader-text|visually-hidden)(?=$|[\s_-])",
    re.IGNORECASE,
)
_NAMING = re.compile(r"(?:^|[\s_-])(?:speaker(?:[_-]?name)?|from_name|voice|interlocutor|talker)(?=$|[\s])", re.IGNORECASE)
_LEAST_KEPT = 0.4  # share of a page's words that must be left once menus and comments are gone


def read_webpage(path: Path, encoding: str = "") -> tuple[str, tuple[str, ...], tuple[Style, ...]]:
    """The text of a page, cells of a table row parted by tabs; notes; what stands out.

    Menus, footers and comments are left out, and their words counted, unless little else is there.

    Raises:
        InputError: It is unreadable or holds no text.
    """
    source, note = read_text(path, encoding)
    page = _Page(plain=True)
    page.feed(source)
    page.close()
    text, styles = page.text()
    if page.around and len(text.split()) * (1 - _LEAST_KEPT) < _LEAST_KEPT * page.around:
        page = _Page(plain=False)
        page.feed(source)
        page.close()
        text, styles = page.text()
    if not text.strip():
        raise InputError(path.name, "the page holds no text", "Choose the file that holds the transcript.")
    around = counted(page.around, "word of menus, notices or comments", "words of menus, notices or comments")
    return text, tuple(filter(None, (note, f"{around} left out" if page.around else ""))), styles


class _Page(HTMLParser):
    """Gathers the words of a page; the white space of its source means nothing."""

    def __init__(self, plain: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.plain = plain  # without what stands around the talk
        self.parts: list[str] = []
        self.open: list[tuple[str, bool, bool]] = []  # tag, whether it hides its words, whether they stand out
        self.hidden = self.unseen = self.cells = 0  # open elements whose words are left out, are not shown, are cells
        self.around = 0  # words left out that a reader of the page would see

    def text(self) -> tuple[str, tuple[Style, ...]]:
        """The words, a line for each block, and what stands out in them."""
        whole = re.sub(f"{OPENED}[^{KIND_ENDS}]*{KIND_ENDS}[ \t\n]*{CLOSED}", " ", "".join(self.parts))
        lines = (
            "\t".join(" ".join(cell.split()) for cell in line.split("\t")).rstrip().lstrip(" ") for line in whole.split("\n")
        )
        return marked_out("\n".join(line for line in lines if line.strip()) + "\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a cell or words that stand out."""
        if tag in ("p", "li", "dt", "dd", "tr", "td", "th", "option") and self.open and self.open[-1][0] == tag:
            self.handle_endtag(tag)  # it need not be closed
        said = dict(attrs)
        called = f"{said.get('class') or ''} {said.get('id') or ''}"
        role = said.get("role") in ("navigation", "contentinfo", "complementary", "search")
        quoting = tag == "footer" and any(t == "blockquote" for t, _, _ in self.open[-200:])
        around = self.plain and tag not in ("html", "body", "main", "article", "td", "tr", "table")
        hides = tag in _HIDDEN or (around and not quoting and (tag in _AROUND or role or bool(_AROUND_WORDS.search(called))))
        self.cells += tag in _CELLS
        if tag in _BLOCKS:
            self.parts.append(" " if self.cells else "\n")
        kind = _STANDING_OUT.get(tag) or ("bold" if tag not in _VOID and _NAMING.search(said.get("class") or "") else "")
        if kind:
            self.parts.append(f"{' ' if tag not in _STANDING_OUT else ''}{OPENED}{kind}{KIND_ENDS}")
        if tag not in _VOID:
            self.open.append((tag, hides, bool(kind)))
            self.hidden += hides
            self.unseen += tag in _HIDDEN

    def handle_endtag(self, tag: str) -> None:
        """End them, and whatever was opened within and never closed."""
        if not any(t == tag for t, _, _ in self.open[-200:]):
            return
        while True:
            closed, hid, stood = self.open.pop()
            self.hidden -= hid
            self.unseen -= closed in _HIDDEN
            if stood:
                self.parts.append(CLOSED if closed in _STANDING_OUT else f"{CLOSED} ")
            if closed in _CELLS:
                self.cells = max(0, self.cells - 1)
                self.parts.append("\t")
            if closed in _BLOCKS:
                self.parts.append(" " if self.cells else "\n")
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take the text, unless it is hidden; white space of the source is a space."""
        if self.hidden:
            self.around += 0 if self.unseen else len(data.split())
        else:
            self.parts.append(re.sub(f"[\n\t{OPENED}{KIND_ENDS}{CLOSED}]", " ", data))


# --- XML -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an XML file says of a talk.

    Attributes:
        cues: Pieces with their speakers and times, in order; empty where no element names who speaks.
        meanings: What the file says of its speakers: their roles.
        cut: People have cut the pieces; captions are cut by a screen.
        lines: Its paragraphs, where no element names who speaks.
        notes: What was left out.
    """

    cues: tuple[Cue, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    cut: bool = True
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[\]<>]{0,400}>")
_SPEAKING = ("who", "speaker", "speaker-reference", "spk", "participant", "agent")
_HEADERS = {"teiHeader", "head", "Speakers", "speakers", "Topics", "timeline", "common-timeline", "Participants", "metadata"}
_LEFT = {"note", "spanGrp", "span-grp", "fw", "bibl", "speaker", "Speaker", "speakerName", "figure", "mor", "gra", "a"}
_LEFT |= {"reg", "corr", "expan", "desc"}
_NOTED, _LINES = {"vocal", "incident", "kinesic", "writing", "stage"}, {"p", "head", "l", "item", "ab"}
_ENDINGS = {"p": ".", "q": "?", "e": "!"}  # how CHAT's XML ends an utterance


def read_spoken_xml(path: Path) -> Spoken:
    """What an XML file says of a talk.

    Raises:
        InputError: It is damaged, unsafe, too large, or its words are no transcript that we know.
    """
    raw = read_bytes(path)
    root = parse_xml(_DOCTYPE.sub(b"", raw[:4096], count=1) + raw[4096:], path.name)
    names, meanings, times = _people(root), _roles(root), _times(root)
    kinds = {"ANNOTATION_DOCUMENT": _elan, "basic-transcription": _exmaralda, "Trans": _transcriber, "tt": _captions}
    try:
        read = kinds.get(local(root), _marked_turns)(root, names, times)
    except (ValueError, OverflowError) as error:
        raise InputError(path.name, "its times are no times", "Export it again from its program.") from error
    cues = [c for c in read.cues if c.text.strip()]
    if cues:
        called = {name: meanings.get(key, "") for key, name in names.items()} | meanings
        return Spoken(tuple(cues), {k: v for k, v in called.items() if v}, read.cut, notes=read.notes)
    body = next((e for e in root.iter() if local(e) in ("text", "body") and len(e)), None)
    lines = [said for e in (body.iter() if body is not None else ()) if local(e) in _LINES and (said := _said(e))]
    longest = max((e.text or "" for e in root.iter()), key=len)  # a transcript as plain text in one element
    lines = lines or (longest.split("\n") if "\n" in longest and 2 * len(longest) > len("".join(root.itertext())) else [])
    if not lines:
        raise InputError(path.name, "it is XML in which nothing says who speaks", "Export it as .docx, .txt or .srt.")
    return Spoken(lines=tuple(lines))


def _people(root: Element) -> dict[str, str]:
    """From the ids of people to their names, where an id is only a number."""
    found = {}
    for e in root.iter():
        key = attribute(e, "id") or attribute(e, "speaker-id")
        if local(e).casefold() in ("person", "speaker", "participant", "agent") and key:
            said = (_said(x) for x in e.iter() if local(x) in ("persName", "abbreviation", "name") and x is not e)
            name = attribute(e, "name") or next(filter(None, said), "")
            numbered = re.fullmatch(r"(?i)(?:spk|spkr|speaker|pers|person|id)[-_.]?\d+", key)
            found[key] = name if name and numbered else key
    return found


def _roles(root: Element) -> dict[str, str]:
    """What the file says that people are."""
    found = {}
    for e in root.iter():
        if local(e).casefold() in ("person", "participant", "speaker"):
            key = attribute(e, "id") or attribute(e, "speaker-id")
            inner = next((_said(x) for x in e if local(x) in ("role", "occupation")), "")
            if key and (role := attribute(e, "role") or inner):
                found[key] = role.replace("_", " ")
    return found


def _times(root: Element) -> dict[str, int]:
    """From the ids of points on a time line to milliseconds."""
    found = {}
    for e in root.iter():
        name = local(e)
        if name == "TIME_SLOT" and attribute(e, "TIME_VALUE").isdigit():
            found[attribute(e, "TIME_SLOT_ID")] = int(attribute(e, "TIME_VALUE"))
        elif name in ("tli", "timepoint", "when"):
            key = attribute(e, "id") or attribute(e, "timepoint-id")
            said = next(filter(None, (attribute(e, a) for a in ("time", "absolute-time", "absolute", "interval"))), "")
            at = _moment(said, {})
            if key and at is not None:  # an interval is counted from an earlier point
                found[key] = at + (found.get(attribute(e, "since").lstrip("#"), 0) if attribute(e, "interval") == said else 0)
    return found


def _moment(said: str, times: Mapping[str, int]) -> int | None:
    """Milliseconds of a point on the time line, of seconds or of a clock; None where it is none of them."""
    said = re.sub(r"(\d+)(\d{3})ms$", r"\1.\2", said.strip().lstrip("#")).removesuffix("s")
    if said in times:
        return times[said]
    if re.fullmatch(CLOCK, said):
        return milliseconds(said)
    return round(1000 * float(said)) if re.fullmatch(r"\d{1,7}(?:\.\d{1,12})?", said) else None


def _span(e: Element, times: Mapping[str, int]) -> tuple[int | None, int | None]:
    """When an element begins and ends."""
    sides = (("start", "startTime", "start-reference", "begin"), ("end", "endTime", "end-reference", "end"))
    first, last = (next((m for a in side if (m := _moment(attribute(e, a), times)) is not None), None) for side in sides)
    return first, last


def _called(said: str, names: Mapping[str, str]) -> str:
    """The name of whoever an attribute points to, several as one."""
    keys = [key.lstrip("#").rpartition(":")[2] for key in said.split()] if "#" in said or said not in names else [said]
    return " & ".join(names.get(key, key) for key in keys) if all(k in names for k in keys) or "#" in said else said.strip()


def _said(root: Element) -> str:
    """The words of an element, without recursion; words of their own are parted, descriptions stand in brackets."""
    parts: list[str] = []
    stack: list[Element | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        name = local(item)
        if name in _NOTED:
            about = " ".join("".join(item.itertext()).split()) or attribute(item, "desc")
            parts.append(f" ({about.strip('()[] ')}) " if about else " ")
        elif name == "t" and attribute(item, "type") in _ENDINGS:
            parts.append("\b" + _ENDINGS[attribute(item, "type")])
        elif name not in _LEFT or item is root:
            before = " " if name in ("w", "p", "seg", "l", "lb", "s", "u", "br", "ab") else "\b" if name == "pc" else ""
            pieces: list[Element | str] = [before, item.text or ""]
            for child in item:
                pieces += [child, child.tail or ""]
            stack += reversed(pieces)
    return " ".join(re.sub(r"\s*\x08", "", "".join(parts)).split())


def _marked_turns(root: Element, names: Mapping[str, str], times: Mapping[str, int]) -> Spoken:
    """The outermost elements that say who speaks, by an attribute or by an element `speaker` in them."""
    cues: list[Cue] = []
    outside = 0
    stack = [e for e in reversed(root) if local(e) not in _HEADERS]
    while stack:
        e = stack.pop()
        name = next((attribute(e, a) for a in _SPEAKING if attribute(e, a).strip()), "")
        inner = next((_said(x) for x in e if local(x).casefold() in ("speaker", "speakername")), "") if not name else ""
        if name or inner:
            speaker = _called(name, names) if name else inner.strip(" .:")
            cues.append(Cue(_said(e), speaker, *_span(e, times)))
            continue
        outside += len((e.text or "").split()) + sum(len((c.tail or "").split()) for c in e)
        stack += reversed(e)
    told = f"{counted(outside, 'word')} around the turns (headings, notes) left out"
    return Spoken(tuple(cues), notes=(told,) if outside else ()) if cues else _timed(root)


def _timed(root: Element) -> Spoken:
    """Captions that name nobody (YouTube's): the elements of one name that say when they begin, with most of the words."""
    found: dict[str, list[tuple[str, str]]] = {}
    for e in root.iter():
        at = next(filter(None, (attribute(e, a) for a in ("t", "start", "begin", "time"))), "")
        if at and (words := _said(e)):
            found.setdefault(local(e), []).append((words, at))
    captions = max(found.values(), key=lambda those: sum(len(words) for words, _ in those), default=[])
    if not (unit := unit_of((words, at, None) for words, at in captions)):
        return Spoken()
    return Spoken(tuple(Cue(words, "", round(unit * (seconds_in(at) or 0))) for words, at in captions), cut=False)


def _transcriber(root: Element, names: Mapping[str, str], times: Mapping[str, int]) -> Spoken:
    """Turns of Transcriber; where two people speak at once, each has their own words."""
    cues = []
    for turn in (e for e in root.iter() if local(e) == "Turn"):
        people = [names.get(key, key) for key in attribute(turn, "speaker").split()]
        said: dict[int, list[str]] = {0: [turn.text or ""]}
        now = 0
        for e in turn:
            if local(e) == "Who" and attribute(e, "nb").isdigit() and len(attribute(e, "nb")) < 4:
                now = int(attribute(e, "nb")) - 1
            about = attribute(e, "desc") if local(e) in ("Event", "Comment") and attribute(e, "type") == "noise" else ""
            said.setdefault(now, []).append(f"{f' ({about}) ' if len(about) > 1 else ' '}{e.tail or ''}")
        cues += [
            Cue(" ".join("".join(words).split()), people[n] if n < len(people) else "", *_span(turn, times))
            for n, words in said.items()
        ]
    return Spoken(tuple(cues))


def _in_time(cues: list[Cue]) -> tuple[Cue, ...]:
    return tuple(sorted(cues, key=lambda c: -1 if c.start_ms is None else c.start_ms))


def _exmaralda(root: Element, names: Mapping[str, str], times: Mapping[str, int]) -> Spoken:
    """Tiers of what is said; events of a tier that touch are one piece."""
    order = {attribute(e, "id"): n for n, e in enumerate(e for e in root.iter() if local(e) == "tli")}
    cues, left = list[tuple[int, Cue]](), 0
    for tier in (e for e in root.iter() if local(e) == "tier"):
        if attribute(tier, "type") != "t" or not attribute(tier, "speaker"):
            left += any((e.text or "").strip() for e in tier)
            continue
        speaker, end = names.get(attribute(tier, "speaker"), attribute(tier, "speaker")), ""
        for event in (e for e in tier if local(e) == "event" and (e.text or "").strip()):
            first, last = (times.get(attribute(event, side)) for side in ("start", "end"))
            if end and end == attribute(event, "start") and cues:
                at, before = cues[-1]
                cues[-1] = (at, Cue(before.text + "".join(event.itertext()), speaker, before.start_ms, last))
            else:
                cues.append((order.get(attribute(event, "start"), 0), Cue("".join(event.itertext()), speaker, first, last)))
            end = attribute(event, "end")
    return Spoken(tuple(c for _, c in sorted(cues, key=lambda x: x[0])), notes=_tiers_left(left))


def _tiers_left(left: int) -> tuple[str, ...]:
    return (f"{counted(left, 'tier')} of notes or translations left out",) if left else ()


def _elan(root: Element, names: Mapping[str, str], times: Mapping[str, int]) -> Spoken:
    """The tiers of ELAN that hang on no other; where people are named, only theirs."""
    tiers = [e for e in root.iter() if local(e) == "TIER"]
    named = any(attribute(t, "PARTICIPANT").strip() for t in tiers)
    cues, left = list[Cue](), 0
    worded = {
        attribute(t, "TIER_ID") for t in tiers if sum(len("".join(a.itertext()).split()) > 1 for a in t) >= 0.3 * len(t) > 0
    }
    roots = {attribute(t, "TIER_ID") for t in tiers if not attribute(t, "PARENT_REF")}
    known = {attribute(a, "ANNOTATION_ID"): a for tier in tiers for annotation in tier for a in annotation}

    def span(a: Element, up: int = 9) -> tuple[int | None, int | None]:
        """When a piece was said; one that hangs on another has the times of that."""
        if up and (above := known.get(attribute(a, "ANNOTATION_REF"))) is not None:
            return span(above, up - 1)
        return times.get(attribute(a, "TIME_SLOT_REF1")), times.get(attribute(a, "TIME_SLOT_REF2"))

    for tier in tiers:
        own, parent = attribute(tier, "TIER_ID"), attribute(tier, "PARENT_REF")
        speaker = attribute(tier, "PARTICIPANT").strip() or ("" if named else own.rpartition("@")[2])
        first = [attribute(t, "TIER_ID") for t in tiers if attribute(t, "PARENT_REF") == parent and parent]
        first = [t for t in first if t in worded]
        said = own in worded or (not parent and not any(attribute(t, "PARENT_REF") == own for t in tiers))
        instead = bool(parent) and parent in roots - worded and own == next(iter(first), "")  # sentences below numbers
        takes = speaker and ((not parent and said) or instead)
        left += not takes and len(tier) > 0
        if takes:
            cues += [Cue(" ".join("".join(a.itertext()).split()), speaker, *span(a)) for part in tier for a in part]
    return Spoken(_in_time(cues), notes=_tiers_left(left))


def _captions(root: Element, names: Mapping[str, str], times: Mapping[str, int]) -> Spoken:
    """Timed text: a paragraph is a caption; an agent speaks."""
    cues = []
    for e in (e for e in root.iter() if local(e) == "p"):
        agent = attribute(e, "agent") or next((attribute(x, "agent") for x in e if attribute(x, "agent")), "")
        cues.append(Cue(_said(e), _called(agent, names) if agent else "", *_span(e, times)))
    return Spoken(tuple(cues), cut=False)
