"""Whose codings: a coder as a document group, as MAXQDA does it, and a coder as a file.

For a comparison of coders MAXQDA wants every document twice, in two document groups, one coded
by each; other tools exchange one file a coder. Both become documents with two coders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from autocode.study import Coder, Document, Reading, Study, join_readings
from autocode.study.merge import merge


def unite_copies(study: Study) -> tuple[Study, list[str]]:
    """Make documents of one name and text in different groups, coded more than once, one document.

    Returns:
        The study and notes. Where one user coded in several of the groups (a project merged on
        one machine), the coders are named after the groups; else the users stay the coders.
    """
    coded = {c.document for c in study.codings}
    copies: dict[tuple[str, str], list[Document]] = {}
    for d in study.documents:
        if d.groups:
            copies.setdefault((d.name, d.sha256), []).append(d)
    found = [
        ds for ds in copies.values() if len({d.groups[0] for d in ds}) == len(ds) > 1 and sum(d.id in coded for d in ds) > 1
    ]
    if not found:
        return study, []
    groups = {d.id: d.groups[0] for ds in found for d in ds}
    named = _groups_are_coders(study, groups)
    ids = {d.id: ds[0].id for ds in found for d in ds}
    united = {ds[0].id: tuple(dict.fromkeys(g for d in ds for g in d.groups)) for ds in found}
    coders = _renamed(study, groups if named else {})
    codings = tuple(
        replace(c, document=ids.get(c.document, c.document), coder=coders[c.document, c.coder]) for c in study.codings
    )
    readings = [replace(r, document=ids.get(r.document, r.document), coder=coders[r.document, r.coder]) for r in study.readings]
    documents = tuple(replace(d, groups=united.get(d.id, d.groups)) for d in study.documents if ids.get(d.id, d.id) == d.id)
    known = {c.id: c for c in study.coders}
    used = dict.fromkeys(c.coder for c in codings)
    note = f"{len(found)} documents stand in {len(set(groups.values()))} groups with the same text and are one each; " + (
        "the groups are the coders" if named else "the users are the coders"
    )
    return replace(
        study,
        documents=documents,
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
        coders=tuple(known.get(c, Coder(c, c)) for c in used),
    ), [note]


def _groups_are_coders(study: Study, groups: Mapping[str, str]) -> bool:
    """Whether some user coded in the copies of more than one group."""
    seen: dict[str, set[str]] = {}
    for c in study.codings:
        if c.document in groups:
            seen.setdefault(c.coder, set()).add(groups[c.document])
    return any(len(of_coder) > 1 for of_coder in seen.values())


def _renamed(study: Study, groups: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """The coder for each document and user: the document's group where there is one."""
    pairs = {(c.document, c.coder) for c in study.codings} | {(r.document, r.coder) for r in study.readings}
    return {(d, c): groups.get(d, c) for d, c in pairs}


def join_coders(parts: Sequence[tuple[str, Study]]) -> tuple[Study, list[str]]:
    """One study from one file a coder.

    Documents are the same where their texts are the same, whatever they are called; codes are the
    same where their paths are.

    Args:
        parts: The name of each coder and what was read from the coder's file; all human codings
            in it are taken for this coder's.

    Returns:
        The study, and notes on what needed deciding.
    """
    ids: dict[str, str] = {}  # from the hash of a text to the id of its document
    notes: list[str] = []
    whole = Study()
    for name, study in parts:
        humans = [c.id for c in study.coders if c.kind == "human"]
        if len(humans) > 1:
            notes.append(f"the file of '{name}' holds {len(humans)} coders ({', '.join(humans)}); all are taken for '{name}'")
        new = _renamed_documents(study, name, ids, {d.id for d in whole.documents})
        renamed = sum(old != fresh for old, fresh in new.items())
        if renamed:
            notes.append(f"{renamed} documents of '{name}' are named as in the files before, or apart from another text")
        whole = merge(whole, _by(study, name, new))
    single = [d.name for d in whole.documents if len({r.coder for r in whole.readings if r.document == d.id}) < 2]
    if single:
        notes.append(f"{len(single)} documents were coded by fewer than two of the coders")
    return whole, notes


def _renamed_documents(study: Study, name: str, ids: dict[str, str], taken: set[str]) -> dict[str, str]:
    """The new id of each document: that of its text, else its own, with the coder's name where it is taken."""
    new: dict[str, str] = {}
    counts = Counter(d.sha256 for d in study.documents)
    for d in study.documents:
        if d.sha256 not in ids or counts[d.sha256] > 1:
            fresh = d.id if d.id not in taken or ids.get(d.sha256) == d.id else f"{d.id} ({name})"
            ids.setdefault(d.sha256, fresh)
            new[d.id] = fresh
        else:
            new[d.id] = ids[d.sha256]
    return new


def _by(study: Study, name: str, new: Mapping[str, str]) -> Study:
    """The study with all human codings by one coder and documents under their new ids."""
    kinds = {c.id: c.kind for c in study.coders}
    coder = {c.id: c.id if c.kind == "machine" else name for c in study.coders}
    machines = tuple(c for c in study.coders if c.kind == "machine")
    documents = tuple(
        replace(d, id=new[d.id], segments=tuple(replace(s, document=new[d.id]) for s in d.segments)) for d in study.documents
    )
    codings = (replace(c, document=new[c.document], coder=coder[c.coder]) for c in study.codings if c.coder in kinds)
    readings: list[Reading] = [
        replace(r, document=new[r.document], coder=coder[r.coder]) for r in study.readings if r.coder in kinds
    ]
    return replace(
        study,
        documents=documents,
        coders=(Coder(name, name), *machines),
        codings=tuple(dict.fromkeys(codings)),
        readings=join_readings(readings),
    )
