"""The versions of a model folder: what each was made from, one line of ``history.jsonl`` a version.

No times are kept: equal versions are equal bytes. A version that repeats the last one is not counted again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autocode.agreement.estimate import apa
from autocode.classify.calibration import Reliability
from autocode.errors import AutocodeError, ModelError
from autocode.formats.tables.codebooks import read_codebook
from autocode.study import Suggestion
from autocode.study.codebook import Code, Codebook


@dataclass(frozen=True, slots=True)
class Changes:
    """How a codebook differs from the one a model was made with; printed, a line for each code.

    Attributes:
        added: Codes that the model has not learnt.
        gone: Codes that the codebook no longer has.
        renamed: (old, new) paths of codes with another name or place.
        redefined: Codes whose definition, inclusion or exclusion changed: their model is stale.
        another: It is not the same codebook any more.
    """

    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    redefined: tuple[str, ...] = ()
    another: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.renamed or self.redefined)

    def lines(self) -> Iterator[str]:
        """One line for each code that changed: what it is called, and what follows for the model."""
        asked = "its definition changed, so it is at most asked about until the model is trained again"
        yield from (f"{c}: {asked}" for c in self.redefined)
        yield from (f"{old}: now called {new}, its suggestions stay" for old, new in self.renamed)
        yield from (f"{c}: the codebook no longer has it, so it is suggested no more" for c in self.gone)
        yield from (f"{c}: not learnt yet" for c in self.added)

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "The codebook is as it was when the model was trained."

    def to_json(self) -> dict[str, object]:
        """JSON-ready mapping."""
        return {
            "added": list(self.added),
            "gone": list(self.gone),
            "renamed": dict(self.renamed),
            "redefined": list(self.redefined),
        }

    def current(self, suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
        """The suggestions that still hold: of codes that are there, under today's names; of stale codes, `ask` at most."""
        gone, stale, called = set(self.gone), set(self.redefined), dict(self.renamed)
        for s in suggestions:
            if s.code not in gone:
                s = replace(s, code=called.get(s.code, s.code))
                yield asked_at_most(s) if s.code in stale else s


def asked_at_most(suggestion: Suggestion) -> Suggestion:
    """The same suggestion, for a human to look at where the model would have suggested or coded."""
    return replace(suggestion, band="ask" if suggestion.band == "suggest" else suggestion.band, coded=False)


def changes(made: Codebook, now: Codebook) -> Changes:
    """Compare the codebook a model was made with and the one of today.

    A code that is gone and a new one with the same identifier, or alone with the same rule, are one code renamed.
    """
    before, after = made.by_path, now.by_path
    gone = [path for path in before if path not in after]
    added = [path for path in after if path not in before]
    renamed = dict(_renamed({p: before[p] for p in gone}, {p: after[p] for p in added}))
    kept = [path for path in before if path in after]
    same = [(before[p], after[p]) for p in kept] + [(before[p], after[q]) for p, q in renamed.items()]
    return Changes(
        added=tuple(p for p in added if p not in renamed.values()),
        gone=tuple(p for p in gone if p not in renamed),
        renamed=tuple(renamed.items()),
        redefined=tuple(b.path for a, b in same if rule(a) != rule(b)),
        another=2 * len(same) < len(before),
    )


def changes_to(now: Codebook, made: Codebook) -> Changes:
    """The changes that a model made with `made` can follow; none where `now` is nobody's codebook.

    Raises:
        ModelError: It is another codebook.
    """
    found = changes(made, now) if now.name else Changes()
    if found.another:
        raise ModelError(
            "the model",
            f"it was made with codebook {made.sha256[:12]}, the study has codebook {now.sha256[:12]}, with "
            "few of the same codes",
            "Train on the study, or align the two first: autocode align STUDY MODEL --out alignment.csv.",
        )
    return found


def rule(code: Code) -> tuple[str, ...]:
    """What decides whether the code fits: its definition and what it includes and excludes."""
    return code.definition.strip(), code.include.strip(), code.exclude.strip()


def _renamed(gone: Mapping[str, Code], added: Mapping[str, Code]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for path, code in gone.items():
        same = [p for p, c in added.items() if p not in taken and c.identifier == code.identifier]
        same = same or [p for p, c in added.items() if p not in taken and any(rule(code)) and rule(c) == rule(code)]
        if len(same) == 1:
            taken.add(same[0])
            yield path, same[0]


FILE = "history.jsonl"


def versions(folder: Path, made: Mapping[str, Any], known: Reliability, book: Codebook) -> list[dict[str, Any]]:
    """The versions of a model folder, the one about to be saved last.

    A history that cannot be read begins anew, for training again is the mend of a damaged model.

    Args:
        folder: The model folder as it is now, if it is there.
        made: Hashes and counts of the new version.
        known: Its out-of-document evidence.
        book: Its codebook.
    """
    past, row = _past(folder), _row(made, known)
    if past and {k: v for k, v in past[-1].items() if k not in ("version", "codes_changed")} == row:
        return past
    changed = changes(_book(folder), book).to_json() if past else {}
    return [*past, {"version": len(past) + 1, **row, "codes_changed": changed}]


def _past(folder: Path) -> list[dict[str, Any]]:
    try:
        rows = [json.loads(line) for line in (folder / FILE).read_text(encoding="utf-8").splitlines()]
        return [dict(row) for row in rows if row["version"] and row["study"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _book(folder: Path) -> Codebook:
    try:
        return read_codebook(folder / "codebook.yaml")
    except AutocodeError:
        return Codebook()


def _row(made: Mapping[str, Any], known: Reliability) -> dict[str, Any]:
    speaks = np.array([not why for why in known.reasons], dtype=bool)
    return {
        "study": made["study"]["sha256"],
        "codebook": made["codebook"]["sha256"],
        "encoder": made["encoder"]["sha256"],
        "coders": list(made["coders"]),
        "with": [lender["sha256"] for lender in made.get("transfer", {}).get("lenders", ())],
        "documents": made["documents"],
        "segments": made["segments"],
        "codings": made["codings"],
        "codes": len(made["codes"]),
        "silent": int((~speaks).sum()),
        "mean_average_precision": _mean(known.average_precision),
        "mean_precision": _mean(known.precision[speaks]),
        "mean_recall": _mean(known.recall[speaks]),
        **({"retrained": made["retrained"]} if "retrained" in made else {}),
    }


def _mean(values: np.ndarray[Any, Any]) -> float | None:
    defined = values[np.isfinite(values)]
    return round(float(defined.mean()), 4) if len(defined) else None


def listed(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The versions as a section of the model card, Markdown; nothing where there is one only."""
    if len(rows) < 2:
        return
    yield "\n## Versions\n"
    yield "Rates are out of document, over the codes of each version; study and codebook by the first signs of their hashes.\n"
    yield (
        "| Version | Study | Codebook | Coders | Documents | Codings | Codes | Silent | Mean average precision | "
        "Codes changed |"
    )
    yield "|---:|---|---|---|---:|---:|---:|---:|---:|---|"
    for row in rows:
        mean = row["mean_average_precision"]
        yield (
            f"| {row['version']} | {row['study'][:8]} | {row['codebook'][:8]} | {', '.join(row['coders'])} | "
            f"{row['documents']} | {row['codings']:,} | {row['codes']} | {row['silent']} | "
            f"{apa(mean)} | {_changed(row['codes_changed'])} |"
        )
    for row in (row for row in rows if "retrained" in row):
        yield f"\nVersion {row['version']}: {row['retrained']['sentence']}"


def _changed(said: Mapping[str, Any]) -> str:
    parts = [f"{len(codes)} {kind}" for kind, codes in said.items() if codes]
    return ", ".join(parts)
