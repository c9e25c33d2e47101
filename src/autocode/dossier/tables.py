"""What is in a study, counted: code frequencies, who coded what, and a description for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from autocode.errors import counted
from autocode.study import Coding, Study


@dataclass(frozen=True, slots=True)
class Frequency:
    """One code and how often it was given.

    Attributes:
        code: Its path.
        theme: The path of its theme.
        depth: How deep it hangs under its theme; 0 for the theme itself.
        by_coder: Coded segments by coder id, in the study's order of coders.
        documents: Documents in which any coder gave it.
    """

    code: str
    name: str
    theme: str
    depth: int
    by_coder: dict[str, int]
    documents: int

    def count(self, coder: str) -> int:
        """Coded segments of one coder; of all coders together where `coder` is empty."""
        return self.by_coder.get(coder, 0) if coder else sum(self.by_coder.values())


def distinct(codings: Iterable[Coding]) -> list[Coding]:
    """One coding for each passage: of codings of one code that overlap, whoever gave them, the longest stands for all.

    So two coders who find the same passage are one passage, not two.
    """
    groups: dict[tuple[str, str], list[Coding]] = {}
    for c in codings:
        groups.setdefault((c.document, c.code), []).append(c)
    found = []
    for listed in groups.values():
        end = -1
        for c in sorted(listed, key=lambda c: (c.start, c.end, c.coder)):
            if c.start >= end:
                found.append(c)
            elif c.end - c.start > found[-1].end - found[-1].start:
                found[-1] = c
            end = max(end, c.end)
    return found


def settled(study: Study, humans: Sequence[str]) -> tuple[list[Coding], list[Coding]]:
    """The codings agreed on, and the humans' of what nobody has agreed on yet, each passage once.

    A passage is settled where the agreed coding has read any of it, or has codings in a document without saying what it read.
    """
    agreed = [c for c in study.codings if c.coder == study.agreed]
    spans = {document: [(0, len(study.by_id[document].text))] for document in {c.document for c in agreed}}
    read: dict[str, list[tuple[int, int]]] = {}
    for r in study.readings:
        if r.coder == study.agreed:
            read.setdefault(r.document, []).append((r.start, r.end))
    spans.update(read)
    left = [
        c
        for c in study.codings
        if c.coder in humans and not any(c.start < end and start < c.end for start, end in spans.get(c.document, ()))
    ]
    return agreed, distinct(left) if len(humans) > 1 else left


def frequencies(study: Study) -> list[Frequency]:
    """Coded segments per code and coder, in the order of the code tree; unused codes count 0."""
    given = Counter((c.code, c.coder) for c in study.codings)
    where: dict[str, set[str]] = {}
    for c in study.codings:
        where.setdefault(c.code, set()).add(c.document)
    book = study.codebook
    return [
        Frequency(
            code.path,
            code.name,
            book.theme(code.path),
            _depth(study, code.path),
            {coder.id: given[code.path, coder.id] for coder in study.coders},
            len(where.get(code.path, ())),
        )
        for code in book.tree
    ]


def _depth(study: Study, path: str) -> int:
    depth = 0
    while path := study.codebook.by_path[path].parent:
        depth += 1
    return depth


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one coder did in a study."""

    coder: str
    kind: str
    documents: int
    codings: int
    codes: int


def coverage(study: Study) -> list[Coverage]:
    """Documents read, coded segments and codes used, for every coder."""
    read: dict[str, set[str]] = {c.id: set() for c in study.coders}
    used: dict[str, set[str]] = {c.id: set() for c in study.coders}
    codings = Counter(c.coder for c in study.codings)
    for reading in study.readings:
        read[reading.coder].add(reading.document)
    for coding in study.codings:
        read[coding.coder].add(coding.document)
        used[coding.coder].add(coding.code)
    return [Coverage(c.id, c.kind, len(read[c.id]), codings[c.id], len(used[c.id])) for c in study.coders]


def shared(study: Study, first: str, second: str) -> int:
    """How many documents two coders both have read."""
    read: dict[str, set[str]] = {}
    for r in study.readings:
        read.setdefault(r.coder, set()).add(r.document)
    return len(read.get(first, set()) & read.get(second, set()))


@dataclass(frozen=True, slots=True)
class Description:
    """What is in a study, for a terminal or a program."""

    study: Study

    def __str__(self) -> str:
        """Documents, coders and the codebook with counts, as plain text."""
        study = self.study
        words = sum(len(d.text.split()) for d in study.documents)
        codes, themes = study.codebook.sizes(c.code for c in study.codings)
        book = counted(codes, "code") + (f" in {counted(themes, 'theme')}" if themes else "")
        lines = [
            f"{study.name or 'Study'}: {counted(len(study.documents), 'document')}, {counted(words, 'word')}, "
            f"{book}, {counted(len(study.codings), 'coding')}",
            *([study.notice] if study.notice else []),
            "",
            f"{'Coder':<24}{'kind':<9}{'documents':>10}{'codings':>10}{'codes used':>12}",
        ]
        for c in coverage(study):
            lines.append(f"{c.coder[:23]:<24}{c.kind:<9}{c.documents:>10,}{c.codings:>10,}{c.codes:>12,}")
        return "\n".join([*lines, *_pairs(study), "", *_codes(frequencies(study), study)])

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return _to_json(self.study)


def _pairs(study: Study) -> list[str]:
    humans = study.humans
    pairs = [(a, b) for i, a in enumerate(humans) for b in humans[i + 1 :]]
    return [f"{a} and {b} share {counted(shared(study, a, b), 'document')}" for a, b in pairs] if len(pairs) <= 6 else []


def _codes(rows: Sequence[Frequency], study: Study) -> list[str]:
    """The codebook with counts; codes never used are only counted."""
    coders = [c.id for c in study.coders][:4]
    used = [r for r in rows if r.count("") or study.codebook.is_theme(r.code)]
    lines = [f"{'Code':<52}" + "".join(f"{c[:11]:>12}" for c in coders) + f"{'documents':>11}"]
    for r in used:
        name = "  " * r.depth + r.name
        counts = "".join(f"{r.count(c) or '':>12}" for c in coders)
        lines.append(f"{name[:51]:<52}{counts}{r.documents or '':>11}")
    unused = len(rows) - len(used)
    return lines + ([f"and {counted(unused, 'code')} that nobody has used"] if unused else [])


def _to_json(study: Study) -> dict[str, object]:
    """What is in a study, JSON-ready."""
    return {
        "name": study.name,
        "notice": study.notice,
        "documents": [
            {"id": d.id, "kind": d.kind, "words": len(d.text.split()), "variables": dict(d.variables)} for d in study.documents
        ],
        "coders": [
            {"id": c.coder, "kind": c.kind, "documents": c.documents, "codings": c.codings, "codes": c.codes}
            for c in coverage(study)
        ],
        "codes": [
            {"code": f.code, "theme": f.theme, "coded_segments": f.by_coder, "documents": f.documents}
            for f in frequencies(study)
        ],
    }


def theme_lines(rows: Sequence[Frequency], themes: Container[str], room: int, width: int = 80) -> list[str]:
    """Codes under their themes, a line each theme, the most used first, in so many lines of that width."""
    below: dict[str, list[Frequency]] = {}
    for f in rows:
        below.setdefault(f.theme if f.depth or f.code in themes else "In no theme", []).append(f)
    ranked = sorted(below, key=lambda theme: -sum(f.count("") for f in below[theme]))
    shown = ranked if len(ranked) <= room else ranked[: max(0, room - 1)]
    lines = []
    for theme in shown:
        codes = sorted(below[theme], key=lambda f: -f.count(""))
        told = [f"{f.name} {f.count(''):,}" if f.count("") else f.name for f in codes]
        n = next((n for n in range(len(told), 0, -1) if len(_theme_line(theme, codes, told, n)) <= width), 0)
        lines.append(_theme_line(theme, codes, told, n))
    if len(shown) < len(ranked):
        lines.append(f"and {len(ranked) - len(shown):,} more: --all")
    return lines if shown else []


def _theme_line(theme: str, codes: Sequence[Frequency], told: Sequence[str], n: int) -> str:
    """A theme and the first codes of it."""
    total, rest = sum(f.count("") for f in codes), len(told) - n
    more = (f" and {rest:,} more" if n else counted(rest, "code")) if rest else ""
    return f"{theme}{f' ({total:,})' if total else ''}: {', '.join(told[:n])}{more}"
