"""A second study like the small one, with other names and its own documents and coder."""

from __future__ import annotations

from dataclasses import replace

from autocode.study import Coder, Study
from autocode.study.codebook import Codebook

NAMES = {
    "Work": "Job",
    "Learning": "Learning",
    "Work > Recognition": "Job > Esteem",
    "Work > Time": "Job > Hours",
    "Learning > Recognition": "Learning > Recognition",
}


def older(study: Study) -> Study:
    """The same codings under other names, by one coder, in documents of the same ids, with another question."""
    documents = tuple(replace(d, text=d.text.replace("Could you", "Would you")) for d in study.documents)
    codes = tuple(replace(c, name=NAMES[c.path].rsplit(" > ", 1)[-1], parent=NAMES.get(c.parent, "")) for c in study.codebook)
    codings = tuple(replace(c, code=NAMES[c.code], coder="eva") for c in study.codings if c.coder == "ana")
    readings = tuple(replace(r, coder="eva") for r in study.readings if r.coder == "ana")
    book = Codebook(codes, "Older")
    return replace(
        study, name="older", documents=documents, codebook=book, coders=(Coder("eva"),), codings=codings, readings=readings
    )


def part(study: Study, documents: set[str]) -> Study:
    """The study with the codings and readings of some documents only."""
    return replace(
        study,
        codings=tuple(c for c in study.codings if c.document in documents),
        readings=tuple(r for r in study.readings if r.document in documents),
    )
