"""Layouts of `reading.py` that are files of their own: XML, JSON of services, tables printed as PDF, e-mail and chats."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from reading_talks import TALKS


class Talk(Protocol):
    """What is said: names, and turns of one or more paragraphs with the seconds at which they begin."""

    names: Sequence[str]
    turns: Sequence[tuple[str, Sequence[str]]]
    seconds: list[int]


Made = tuple[str, bytes, list[tuple[str, str]]]
"""The end of a file's name, its bytes, and speaker and words of every turn."""


def _said(t: Talk) -> list[tuple[str, str, int]]:
    """One paragraph a turn: who, words, when."""
    return [(who, said[0], at) for (who, said), at in zip(t.turns, t.seconds, strict=True)]


def _truth(t: Talk) -> list[tuple[str, str]]:
    return [(who, said[0]) for who, said in t.turns]


def _xml(kind: str, render: Callable[[Talk], str]) -> Callable[[Talk], Made]:
    return lambda t: (kind, f'<?xml version="1.0" encoding="UTF-8"?>\n{render(t)}'.encode(), _truth(t))


def _tei(t: Talk) -> str:
    ids = {name: f"spk{n}" for n, name in enumerate(t.names)}
    people = "".join(f'<person xml:id="{ids[n]}"><persName>{escape(n)}</persName></person>' for n in t.names)
    turns = "".join(
        f'<u who="#{ids[who]}" start="{at}s">{escape(words)}<note>look up</note></u>' for who, words, at in _said(t)
    )
    head = f"<teiHeader><profileDesc><particDesc><listPerson>{people}</listPerson></particDesc></profileDesc></teiHeader>"
    return f'<TEI xmlns="http://www.tei-c.org/ns/1.0">{head}<text><body><head>Talk 7</head>{turns}</body></text></TEI>'


def _elan(t: Talk) -> str:
    said = _said(t)
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{at * 1000}"/>' for n, (_, _, at) in enumerate([*said, said[-1]])
    )
    tiers = "".join(
        f'<TIER TIER_ID={quoteattr(name)} PARTICIPANT={quoteattr(name)} LINGUISTIC_TYPE_REF="x">'
        + "".join(
            f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" TIME_SLOT_REF1="ts{n}" TIME_SLOT_REF2="ts{n + 1}">'
            f"<ANNOTATION_VALUE>{escape(words)}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            for n, (who, words, _) in enumerate(said)
            if who == name
        )
        + "</TIER>"
        for name in t.names
    )
    return f"<ANNOTATION_DOCUMENT><TIME_ORDER>{slots}</TIME_ORDER>{tiers}</ANNOTATION_DOCUMENT>"


def _ttml(t: Talk) -> str:
    ids = {name: f"speaker{n}" for n, name in enumerate(t.names)}
    agents = "".join(
        f'<ttm:agent xml:id="{ids[n]}" type="person"><ttm:name>{escape(n)}</ttm:name></ttm:agent>' for n in t.names
    )
    lines = "".join(
        f'<p begin="{at}.5s" end="{at + 3}s" ttm:agent="{ids[who]}">{escape(words)}</p>' for who, words, at in _said(t)
    )
    names = 'xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
    return f"<tt {names}><head><metadata>{agents}</metadata></head><body><div>{lines}</div></body></tt>"


def _own(t: Talk) -> str:
    turns = "".join(f'<turn speaker={quoteattr(who)} start="{at}.0">{escape(words)}</turn>' for who, words, at in _said(t))
    return f"<interview><title>Talk 7</title>{turns}</interview>"


def _json(render: Callable[[list[tuple[str, str, int]]], object]) -> Callable[[Talk], Made]:
    return lambda t: ("json", json.dumps(render(_said(t)), ensure_ascii=False).encode(), _truth(t))


def _by_word(said: list[tuple[str, str, int]]) -> object:
    """A service that gives each word with who says it; languages without spaces have long ones."""
    words = [
        {"word": w, "start": at + n / 5, "end": at + n / 5 + 0.1, "speaker": who}
        for who, text, at in said
        for n, w in enumerate(text.split())
    ]
    return {"results": {"channels": [{"alternatives": [{"transcript": "x", "words": words}]}]}}


def _in_a_list(said: list[tuple[str, str, int]]) -> object:
    """A service that gives numbers to people, and names to numbers elsewhere."""
    numbers = {name: str(70 + n) for n, name in enumerate(dict.fromkeys(who for who, _, _ in said))}
    people = [{"id": number, "name": name} for name, number in numbers.items()]
    return {
        "speakers": people,
        "segments": [{"speakerId": numbers[w], "startTime": at + 0.5, "content": x} for w, x, at in said],
    }


def _latin(t: Talk) -> list[tuple[str, str]]:
    """The talk, or one in English where the file's type has not its letters."""
    said = _truth(t)
    try:
        "".join(who + words for who, words in said).encode("cp1252")
    except UnicodeEncodeError:
        names = {name: name if name.isascii() else f"P{n}" for n, name in enumerate(t.names)}
        words = [w for pair in TALKS["en"] for w in pair]
        return [(names[who], words[n % len(words)]) for n, (who, _) in enumerate(said)]
    return said


def _printed(columns: Sequence[str], heading: bool) -> Callable[[Talk], Made]:
    """A table of a turn a row on pages of a PDF; cells wrap, rows stand apart."""

    def render(t: Talk) -> Made:
        said, left = _latin(t), {c: 50 + 70 * n for n, c in enumerate(columns)}
        y, pages = 780, [list[str]()]

        def put(x: float, words: str) -> None:
            shown = words.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").decode("cp1252")
            pages[-1].append(f"BT /F1 9 Tf {x} {y} Td ({shown}) Tj ET")

        if heading:
            for c in columns:
                put(left[c], {"no": "No", "when": "Time", "who": "Speaker", "what": "Text"}[c])
            y -= 24
        for n, (who, words) in enumerate(said):
            lines = _wrapped(words, 52)
            if y - 11 * len(lines) < 60:
                y, pages = 780, [*pages, []]
            for c in (c for c in columns if c != "what"):
                put(left[c], {"no": str(n + 1), "when": f"{n // 4}:{10 + n:02d}", "who": who}[c])
            for line in lines:
                put(left["what"], line)
                y -= 11
            y -= 13
        return "pdf", _pdf(["\n".join(page).encode("cp1252") for page in pages]), said

    return render


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        lines += [""] if lines[-1] and len(lines[-1]) + len(word) > width else []
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _pdf(pages: Sequence[bytes]) -> bytes:
    """A PDF of pages of drawn text in Helvetica."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for n, page in enumerate(pages):
        place = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents {5 + 2 * n} 0 R>>"
        objects += [place.encode(), b"<</Length %d>>\nstream\n%b\nendstream" % (len(page), page)]
    out, places = b"%PDF-1.4\n", list[int]()
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (n, body)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return out + end % (len(objects) + 1, table, len(objects) + 1, len(out))


def _mail(who: str, to: str, day: int, words: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f'"{who}" <a@example.org>', f'"{to}" <b@example.org>', "Interview"
    letter["Date"] = f"Mon, {1 + day:02d} Jan 2024 10:00:00 +0000"
    letter.set_content(words + "\n")
    return letter.as_bytes()


def _mailbox(t: Talk) -> Made:
    """A letter a turn; each quotes the one before it."""
    said, letters, before = _truth(t), list[bytes](), ""
    for n, (who, words) in enumerate(said):
        to = next(name for name in t.names if name != who)
        letters.append(_mail(who, to, n, f"{words}\n\n{before}"))
        before = f"On Monday, {who} <a@example.org> wrote:\n" + "\n".join(f"> {line}" for line in words.split("\n"))
    return "mbox", b"".join(b"From a@example.org Mon Jan 1\n" + letter + b"\n" for letter in letters), said


def _answered(t: Talk) -> Made:
    """One letter, in which questions are quoted and answered below."""
    said = _truth(t)
    asker, answerer = said[0][0], said[1][0]
    said = [(asker if n % 2 == 0 else answerer, words) for n, (_, words) in enumerate(said[: len(said) // 2 * 2])]
    body = "Hello,\n\n" + "\n\n".join(f"> {words}" if n % 2 == 0 else words for n, (_, words) in enumerate(said))
    return "eml", _mail(answerer, asker, 1, body), said


def _chat(line: str, program: str = "", words: str = "") -> Callable[[Talk], Made]:
    """A chat written out: `line` is a message, `program` a line of the program's own, `words` a message that it writes."""

    def render(t: Talk) -> Made:
        lines = [program.format(d=1, h=9, m=0)] if program else []
        for n, (who, said, _) in enumerate(_said(t)):
            stamp = {"d": 1 + n // 9, "h": 9, "m": 10 + n}
            lines.append(line.format(who=who, said=said, **stamp))
            lines += [line.format(who=who, said=words, **stamp)] if words and n == 2 else []
        return "txt", ("\n".join(lines) + "\n").encode(), _truth(t)

    return render


RECORDS: dict[str, Callable[[Talk], Made]] = {
    "XML, TEI": _xml("xml", _tei),
    "XML, ELAN": _xml("eaf", _elan),
    "XML, timed text": _xml("ttml", _ttml),
    "XML, own": _xml("xml", _own),
    "JSON, sentences": _json(lambda said: {"items": [{"speakerName": w, "start": at + 0.5, "text": x} for w, x, at in said]}),
    "JSON, words": _json(_by_word),
    "JSON, list of people": _json(_in_a_list),
    "JSON, chat": _json(lambda said: {"messages": [{"from": w, "date": f"2024-01-01T{at}", "text": x} for w, x, at in said]}),
    "PDF, table 2": _printed(("who", "what"), False),
    "PDF, table 3": _printed(("when", "who", "what"), True),
    "PDF, table 4": _printed(("no", "when", "who", "what"), True),
    "mail, a letter a turn": _mailbox,
    "mail, two, quoted": _answered,
    "chat, iPhone": _chat("[{d:02d}.03.24, {h:02d}:{m:02d}:33] {who}: {said}", words="\u200eimage omitted"),
    "chat, American": _chat(
        "3/{d}/24, {h}:{m:02d}\u202fAM - {who}: {said}", "3/{d}/24, {h}:{m:02d}\u202fAM - Group created", "<Media omitted>"
    ),
    "chat, British": _chat(
        "{d:02d}/03/2024, {h:02d}:{m:02d} - {who}: {said}", "{d:02d}/03/2024, {h:02d}:{m:02d} - Messages are encrypted."
    ),
    "chat, Signal": _chat("[2024-03-{d:02d} {h:02d}:{m:02d}] {who}: {said}"),
}
"""By family: a file of its own kind, and its truth."""
