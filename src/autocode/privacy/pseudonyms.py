"""Reviewed pseudonyms put into a study, with offsets re-anchored and the key kept apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autocode.anchoring import Edit, apply_edits
from autocode.errors import InputError
from autocode.formats.files import csv_text, write_atomic
from autocode.privacy.proposals import Proposal, chosen
from autocode.store import rewrite_receipts, with_words
from autocode.store.rewording import forget_words
from autocode.study import Document, Study


@dataclass(frozen=True, slots=True)
class Replaced:
    """A study with pseudonyms.

    Attributes:
        counts: How often each thing found was replaced, in texts, speakers, variables and memos.
    """

    study: Study
    counts: Mapping[str, int]


def apply_proposals(study: Study, proposals: Sequence[Proposal]) -> Replaced:
    """Put the chosen replacements everywhere in a study: texts, speakers, names, variables, memos, codebook.

    Ids of documents and coders stay, for files outside the study name them.
    """
    listed = chosen(proposals)
    if not listed:
        return Replaced(study, {})
    words = _Words({p.found: p.replacement for p in listed}, Counter())
    for document in study.documents:
        study = apply_edits(study, document.id, words.edits(document.text)).study
    documents = tuple(_about(d, words) for d in study.documents)
    codings = tuple(replace(c, memo=words.said(c.memo)) if c.memo else c for c in study.codings)
    codes = tuple(
        replace(c, definition=words.said(c.definition), include=words.said(c.include), exclude=words.said(c.exclude),
                example=words.said(c.example))
        for c in study.codebook
    )  # fmt: skip
    study = replace(study, documents=documents, codings=codings, codebook=replace(study.codebook, codes=codes))
    return Replaced(study, dict(words.counts))


def in_receipts(path: Path, proposals: Sequence[Proposal]) -> None:
    """Put the chosen replacements into the receipts kept with a study, and the memos set aside there.

    The words of corrections made on the review page are erased: they may hold the names.

    Raises:
        StoreError: There is no study file, or it cannot be written.
    """
    listed = chosen(proposals)
    words = _Words({p.found: p.replacement for p in listed}, Counter())
    if listed:
        rewrite_receipts(path, lambda entry: with_words(entry, words.said))
        forget_words(path)


def _about(document: Document, words: _Words) -> Document:
    """What stands around a text: names, speakers, variables, groups."""
    return replace(
        document, name=words.said(document.name), source=words.said(document.source),
        turns=tuple(replace(t, speaker=words.said(t.speaker)) for t in document.turns),
        segments=tuple(replace(s, speaker=words.said(s.speaker)) for s in document.segments),
        variables={k: words.said(v) for k, v in document.variables.items()},
        groups=tuple(words.said(g) for g in document.groups))  # fmt: skip


class _Words:
    """Replacements, all at once, so that no replacement is itself replaced."""

    def __init__(self, instead: Mapping[str, str], counts: Counter[str]) -> None:
        self._instead, self.counts = instead, counts
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in instead))

    def edits(self, text: str) -> list[Edit]:
        found = list(self._pattern.finditer(text))
        self.counts.update(m.group() for m in found)
        return [Edit(m.start(), m.end(), self._instead[m.group()]) for m in found]

    def said(self, text: str) -> str:
        def instead(match: re.Match[str]) -> str:
            self.counts[match.group()] += 1
            return self._instead[match.group()]

        return self._pattern.sub(instead, text)


def write_key(path: Path, proposals: Sequence[Proposal], study_folder: Path) -> None:
    """Write which pseudonym stands for whom, readable by its owner alone.

    Raises:
        InputError: The place lies within the study's own folder, a key is already there, or the
            file cannot be written.
    """
    if path.resolve().is_relative_to(study_folder.resolve()):
        raise InputError(
            str(path),
            "the key would lie beside the pseudonymised study",
            "Keep it in another folder, best on another disk.",
        )
    if path.exists():
        raise InputError(
            str(path), "there is a file of this name", "Name a new file: an older key may still be needed."
        )
    rows = [(p.kind, p.found, p.replacement) for p in chosen(proposals)]
    write_atomic(path, csv_text(("kind", "found", "replacement"), rows))
