"""The results of the benchmark as Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Row = dict[str, Any]
PEERS = ("tfidf", "minilm", "wordllama", "iqual", "spacy", "setfit")
EXTRAS = ("minilm_turns", "minilm_layers", "e5", "svm_turn")  # shown for orientation: no package offers it as it stands
NAMES = {
    "autocode": "**autocode**",
    "tfidf": "TF-IDF + LR",
    "minilm": "MiniLM + LR",
    "minilm_turns": "MiniLM, turns around + LR",
    "minilm_layers": "MiniLM, all layers + LR",
    "e5": "multilingual-e5 + LR",
    "svm_turn": "TF-IDF with the turn before + SVM",
    "wordllama": "wordllama + LR",
    "iqual": "iQual",
    "spacy": "spaCy textcat",
    "setfit": "SetFit",
    "majority": "majority (floor)",
    "coder": "another coder (ceiling)",
}
COLUMNS: dict[str, Callable[[Row], str]] = {
    "system": lambda r: label(r),
    "ratio": lambda r: _between(r, "ratio"),
    "pooled": lambda r: _number(r, "pooled"),
    "kappa": lambda r: _number(r, "kappa"),
    "mAP": lambda r: _between(r, "map"),
    "R@3": lambda r: _number(r, "r3"),
    "R@5": lambda r: _number(r, "r5"),
    "precision": lambda r: _number(r, "precision"),
    "coverage": lambda r: _number(r, "coverage"),
    "suggest": lambda r: _both(r, "suggest_precision", "suggest_coverage"),
    "ECE": lambda r: _number(r, "ece", 3),
    "train s (cpu)": lambda r: _seconds(r, "train"),
    "suggest s (cpu)": lambda r: _seconds(r, "suggest"),
    "MB": lambda r: _number(r, "peak_mb", 0),
}
LEGEND = """*Ratio*: mean kappa of machine and human over mean kappa of human and human, codes that both used ten
times or more, with the 95 % interval over documents; *pooled*: the same over all codes as one. *kappa*: mean
kappa with the coders' codes, codes used ten times or more (the measure where there is one coder). *mAP*: mean
average precision of codes given three times or more. *R@3*: share of the codes given that are among the three
likeliest. *Precision* and *coverage* of what a system codes: share of coders who agree, share of codings
found; *suggest*: the same of autocode's band, which promises a precision of .80. *ECE*:
expected calibration error. Seconds are for one training with calibration and thresholds, vectors at hand, and
for judging the held-out part, one thread of linear algebra each; *MB*: peak memory of the process.
"""


def document(rows: Sequence[Row]) -> str:
    """All tables: summary, one table a set, learning curves."""
    whole = _by_set(r for r in rows if r["size"] is None)
    curves = _by_set(r for r in rows if r["size"] is not None)
    parts = [summary(whole, effort) for effort in ("quick", "full")]
    parts += [LEGEND] if whole else []
    parts += [set_table(name, members) for name, members in whole.items()]
    parts += [curve_table(name, members) for name, members in curves.items()]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _by_set(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["set"]].append(row)
    order = list(NAMES)
    return {name: sorted(members, key=lambda r: (order.index(r["system"]), r["effort"])) for name, members in found.items()}


def label(row: Row) -> str:
    """The system's name, with the effort where it is not the default."""
    return NAMES[row["system"]] + (f" {row['effort']}" if row["effort"] == "full" else "")


def measure_of(row: Row) -> str:
    """The measure that compares systems: ratio, or kappa where one coder coded."""
    return "kappa" if row.get("ratio") is None else "ratio"


def compared(members: Sequence[Row], effort: str = "quick") -> tuple[str, Row, Row] | None:
    """The measure, autocode's row and the best peer's row of one set; None where either is missing."""
    scored = [r for r in members if r.get(measure_of(r)) is not None]
    own = next((r for r in scored if r["system"] == "autocode" and r["effort"] == effort), None)
    peers = [r for r in scored if r["system"] in PEERS]
    if own is None or not peers:
        return None
    measure = measure_of(own)
    return measure, own, max(peers, key=lambda r: r.get(measure) or 0.0)


def summary(sets: dict[str, list[Row]], effort: str) -> str:
    """Autocode beside the best peer of each set; the mean quotient and the worst shortfall against any peer."""
    pairs = {name: found for name, members in sets.items() if (found := compared(members, effort))}
    if not pairs:
        return ""
    head = ("set", "measure", "autocode", "best peer", "its value", "autocode / peer", "difference", "mAP", "best peer's mAP")
    lines = [
        [
            name,
            m,
            f"{o[m]:.3f}",
            NAMES[p["system"]],
            f"{p[m]:.3f}",
            f"{o[m] / p[m]:.2f}" if p[m] else "-",
            f"{o[m] - p[m]:+.3f}",
            f"{o['map']:.3f}",
            f"{_best(sets[name], 'map'):.3f}",
        ]
        for name, (m, o, p) in pairs.items()
    ]
    quotients = [o[m] / p[m] for m, o, p in pairs.values() if p[m]]
    worst, where = min((o[m] - p[m], name) for name, (m, o, p) in pairs.items())
    gains = [o["map"] / _best(sets[name], "map") for name, (_, o, _) in pairs.items()]
    said = (
        f"Over {len(pairs)} sets autocode's {effort} effort reaches {sum(quotients) / len(quotients):.2f} times the best "
        f"peer of each set (mAP {sum(gains) / len(gains):.2f} times); the least favourable difference to any peer is "
        f"{worst:+.3f}, on {where}."
    )
    return f"## Summary, effort {effort}\n\n{table(head, lines)}\n\n{said}"


def _best(members: Sequence[Row], measure: str) -> float:
    return max((r.get(measure) or 0.0 for r in members if r["system"] in PEERS), default=float("nan"))


def set_table(name: str, members: Sequence[Row]) -> str:
    """One set: its size, one line a system, and why a system is missing."""
    facts = next((r for r in members if "units" in r), {})
    size = (
        f"{facts.get('units')} units of {facts.get('documents')} documents judged, {facts.get('learnt')} learnt from, "
        f"{facts.get('all_codes')} codes, {facts.get('coders')} coder{'s' * (facts.get('coders') != 1)}"
    )
    human = next(
        (
            f"; kappa of human and human {r['human']:.2f} ({r['agreed_codes']:.0f} codes)"
            for r in members
            if r.get("human") and r.get("agreed_codes")
        ),
        "",
    )
    shown = [r for r in members if "skipped" not in r]
    lines = [[cell(r) for cell in COLUMNS.values()] for r in shown]
    absent = [f"{NAMES[r['system']]}: {r['skipped']}" for r in members if "skipped" in r]
    note = "\n\nLeft out: " + "; ".join(absent) + "." if absent else ""
    return f"## {name}\n\n{size}{human}.\n\n{table(tuple(COLUMNS), lines)}{note}"


def curve_table(name: str, members: Sequence[Row]) -> str:
    """mAP and ratio (or kappa) by training units, means of the draws, one line a system."""
    done = [r for r in members if "skipped" not in r]
    if not done:
        return ""
    sizes = sorted({r["size"] for r in done})
    learnt = {s: round(_average([r["learnt"] for r in done if r["size"] == s])) for s in sizes}
    labels = {label(r): None for r in done}
    lines = [[who, *(_point([r for r in done if r["size"] == s and label(r) == who]) for s in sizes)] for who in labels]
    head = ("system", *(f"{s} (drawn {learnt[s]})" for s in sizes))
    return f"## {name}: learning curve\n\nmAP; ratio, or kappa (k) where one coder coded.\n\n{table(head, lines)}"


def _point(rows: Sequence[Row]) -> str:
    if not rows:
        return "-"
    kind = "ratio" if any(r.get("ratio") is not None for r in rows) else "kappa"
    second = [r[kind] for r in rows if r.get(kind) is not None]
    text = f"{_average(second):.2f}{' k' if kind == 'kappa' else ''}" if second else "-"
    return f"{_average([r['map'] for r in rows if r['map'] is not None]):.3f}; {text}"


def _average(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _number(row: Row, name: str, places: int = 2) -> str:
    value = row.get(name)
    return "-" if value is None else f"{value:.{places}f}"


def _both(row: Row, first: str, second: str) -> str:
    return f"{_number(row, first)} / {_number(row, second)}" if row.get(first) is not None else "-"


def _between(row: Row, name: str) -> str:
    value, low, high = (row.get(n) for n in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return "-"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.2f} to {high:.2f})"


def _seconds(row: Row, name: str) -> str:
    wall, cpu = row.get(f"{name}_s"), row.get(f"{name}_cpu")
    return "-" if wall is None or cpu is None else f"{wall:.2f} ({cpu:.2f})"
