"""All pictures of the documentation: the rooms of the desk, the figures of a dossier, the results of the benchmark.

    python benchmarks/picture.py [quality.jsonl] --out docs/pictures

The desk and the dossier are drawn from the bundled study, in a real Chromium at a desk of its own; with rows of
quality.py beside it, every system on every set and the learning curves are drawn too.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from quality import known_rows
from tables import NAMES, PEERS, measure_of

from autocode.formats import read
from autocode.store import STORE, update
from autocode.store.records import attach
from autocode.study import Doubt, Study
from desk import running

Row = dict[str, Any]
INK, QUIET, OWN = "#1a1a1a", "#8a8a8a", "#00629b"
MARKS = dict(zip(PEERS, ("s", "^", "v", "D", "X", "P"), strict=True))
TITLES = {
    "bundled": "bundled study, 33 codes",
    "scrum": "Scrum interviews, 16 themes (kappa)",
    "scrum_fine": "Scrum interviews, 178 codes (kappa)",
    "shuffle": "open answers on music, 76 codes (kappa)",
    "issues_nl": "Dutch news statements, 33 codes",
    "cooking": "cooking conversations, 27 codes",
    "mlss": "ML interviews, 99 codes",
    "mlss_parents": "ML interviews, 28 themes",
    "so_emotions": "Stack Overflow emotions, 6 codes",
    "annomi": "counselling (AnnoMI), 12 codes",
    "opp115": "privacy policies (OPP-115), 13 codes",
}


def name_of(system: str) -> str:
    """The system's name without the marks of Markdown."""
    return NAMES[system].strip("*")


def systems(rows: Sequence[Row], path: Path) -> None:
    """One line a set: autocode and every peer on the scale of agreement."""
    from matplotlib.figure import Figure

    known = [r for r in rows if r["size"] is None and r.get(measure_of(r)) is not None and r["set"] in TITLES]
    whole, full = ([r for r in known if (r["effort"] == "full") == dear] for dear in (False, True))
    sets = [name for name in TITLES if any(r["set"] == name for r in whole)]
    figure = Figure(figsize=(9, 0.42 * len(sets) + 1.6), layout="constrained")
    axes = figure.subplots()
    for system in (*PEERS, "autocode"):
        points = [(r[measure_of(r)], sets.index(r["set"])) for r in whole if r["system"] == system]
        own = system == "autocode"
        look = {"s": 90, "c": OWN, "zorder": 3} if own else {"s": 36, "facecolors": "none", "edgecolors": QUIET}
        if points:
            axes.scatter(*zip(*points, strict=True), marker="o" if own else MARKS[system], label=name_of(system), **look)
    if full:
        points = [(r[measure_of(r)], sets.index(r["set"])) for r in full]
        axes.scatter(*zip(*points, strict=True), s=110, facecolors="none", edgecolors=OWN, linewidths=1.8, label="effort full")
    axes.set_yticks(range(len(sets)), [TITLES[name] for name in sets])
    axes.set_ylim(len(sets) - 0.5, -0.8)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    axes.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    axes.text(0.99, -0.55, "as the coders agree", ha="right", va="center", fontsize=8, color=INK)
    figure.supxlabel("agreement with the coders over agreement between them (kappa where one coder coded)", fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=8, frameon=False, fontsize=8, handletextpad=0.2)
    figure.savefig(path, dpi=150)


def curves(rows: Sequence[Row], path: Path) -> None:
    """Small multiples: mean average precision by units learnt from, one line a system, a dot a draw."""
    from matplotlib.figure import Figure

    drawn: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["size"] is not None and row.get("map") is not None:
            drawn[row["set"]][row["system"]].append(row)
    sets = [name for name in TITLES if name in drawn]
    columns = 4
    lines = -(-len(sets) // columns)
    figure = Figure(figsize=(11, 2.7 * lines), layout="constrained")
    for place, name in enumerate(sets):
        axes = figure.add_subplot(lines, columns, place + 1)
        for system, members in drawn[name].items():
            color, width = (OWN, 2.2) if system == "autocode" else (INK if system == "tfidf" else QUIET, 1.2)
            sizes = sorted({r["size"] for r in members})
            means = [sum(found) / len(found) for s in sizes if (found := [r["map"] for r in members if r["size"] == s])]
            axes.plot(sizes, means, color=color, linewidth=width, label=name_of(system))
            axes.scatter([r["size"] for r in members], [r["map"] for r in members], s=6, color=color)
        axes.set_xscale("log")
        axes.set_xticks([50, 100, 200, 500, 1000], ["50", "100", "200", "500", "1,000"], fontsize=8)
        axes.minorticks_off()
        axes.tick_params(labelsize=8)
        axes.set_ylim(0, None)
        axes.set_title(TITLES[name].removesuffix(" (kappa)"), fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        if not place:
            axes.legend(frameon=False, fontsize=8)
    figure.supxlabel("units learnt from", fontsize=9)
    figure.supylabel("mean average precision, held out", fontsize=9)
    figure.savefig(path, dpi=150)


BUNDLED = Path(__file__).parents[1] / "corpora" / "microcredentials"
STUDY, NEW, HEARD = "Microcredentials", "N1", "N2"
FIGURES = ("codemap", "matrix", "agreement", "confusion-of-humans")


def _autocode(home: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "autocode", *words], cwd=home, check=True, stdout=subprocess.DEVNULL)


def _material(home: Path) -> None:
    """The bundled study before its two coders agreed, a model of it, and two new interviews, one with a recording."""
    found = read(BUNDLED)
    kept = set(found.humans)
    apart = replace(
        found,
        coders=tuple(c for c in found.coders if c.id in kept),
        codings=tuple(c for c in found.codings if c.coder in kept),
        readings=tuple(r for r in found.readings if r.coder in kept),
    )
    store = home / STUDY / STORE
    update(store, lambda _: apart)
    _autocode(home, "train", STUDY, "--out", f"models/{STUDY}")
    _autocode(home, "import", *(str(BUNDLED / "new" / f"{name}.txt") for name in (NEW, HEARD)), "--study", STUDY)
    update(store, _timed)
    with wave.open(str(home / "N2.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(2000)
        sound.writeframes(bytes([128]) * 2000 * 1800)
    attach(store, HEARD, home / "N2.wav")


def _timed(study: Study) -> Study:
    """One new interview as a recognizer gives it: turns with their times, and a word heard with little confidence."""
    old = study.by_id[HEARD]
    turns = tuple(replace(t, start_ms=t.start * 60, end_ms=t.end * 60) for t in old.turns)
    said = next(t for t in old.turns[2:] if t.speaker == HEARD and t.end - t.start > 200)
    at = old.text.index(" ", said.start + 60) + 1
    new = replace(old, turns=turns, doubts=(Doubt(at, old.text.index(" ", at), 0.31),))
    return replace(study, documents=tuple(new if d.id == HEARD else d for d in study.documents))


def _files(folder: Path) -> list[str]:
    """Six interviews as Word files, and two coders' tables of coded segments, in which one interview is called otherwise."""
    from docx import Document

    study = read(BUNDLED)
    folder.mkdir()
    chosen = study.documents[:6]
    for d in chosen:
        page = Document()
        for turn in d.turns:
            page.add_paragraph(f"{turn.speaker}: {d.text[turn.start : turn.end]}")
        page.save(str(folder / f"{d.id}.docx"))
    for coder in study.humans:
        with (folder / f"{coder}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("Document", "Code", "Segment", "Coder"))
            for c in study.codings:
                if c.coder == coder and c.document in {d.id for d in chosen}:
                    name = "Interview 5" if c.document == "R05" else c.document
                    table.writerow((name, c.code, study.by_id[c.document].text_of(c), coder))
    (folder / "R07.docx").write_bytes(b"PK no Word file")
    return sorted(str(p) for p in folder.iterdir())


def _ready(page: Any, base: str, room: str) -> None:
    page.goto(f"{base}{room}", wait_until="load")
    page.locator("body[data-ready]").wait_for(state="attached")


def _draw(seen: Any, path: Path) -> None:
    """A page or an element of it, in 64 colours."""
    from PIL import Image

    time.sleep(0.4)  # what still moves has come to rest
    Image.open(BytesIO(seen.screenshot())).convert("RGB").quantize(64).save(path, optimize=True)


def _coding(page: Any, base: str, out: Path) -> None:
    """The room of the code: a suggestion with its evidence, the edges of its words, and a word corrected by ear."""
    for name, picture in ((NEW, "review"), (HEARD, "verbatim")):
        _ready(page, base, "/code")
        page.click(f".documents a[data-document={name}]")
        page.locator("#reading[hidden]").wait_for(state="attached")
        page.locator("body[data-ready]").wait_for(state="attached")
        if name == NEW:
            page.locator(".unit.asked:has(.stripe.machine + .stripe.machine)").nth(2).click()
            page.locator("#pane .suggestion blockquote").first.wait_for()
            page.locator(".unit[aria-current]").evaluate("u => u.scrollIntoView({block: 'center'})")
            _draw(page, out / f"{picture}.png")
            page.keyboard.press("e")
            page.locator(".spanning").wait_for()
            _draw(page, out / "span.png")
            page.keyboard.press("Escape")
        else:
            page.locator(".unit:has(.doubt)").click()
            page.locator("body[data-ready]").wait_for(state="attached")
            page.keyboard.press("w")
            page.locator("#words").wait_for()
            _draw(page, out / f"{picture}.png")
            page.keyboard.press("Escape")


def _second_look(page: Any, base: str, out: Path) -> None:
    """The five views of the second look."""
    page.set_viewport_size({"width": 1000, "height": 640})
    for path, name in (("", "list"), ("/meeting", "meeting"), ("/clinic", "clinic"), ("/findings", "findings")):
        page.goto(f"{base}/second{path}", wait_until="load")
        page.locator("form[data-work] button.main").last.click()
        page.locator(".big").first.wait_for()
        page.locator("form[data-work] button:not([disabled])").first.wait_for()
        page.evaluate("document.querySelectorAll('details.resolve').forEach(d => d.open = true)")
        if name == "meeting":
            page.evaluate("document.querySelector('.point').scrollIntoView()")
        _draw(page, out / f"second-{name}.png")
    page.goto(f"{base}/second/twice", wait_until="load")
    page.fill("#passages", "24")
    page.click("form[data-work=draw] button")
    page.click("text='Log in as the second coder'")
    page.fill("#coder", "Eve")
    page.click("button.main")
    page.locator("body[data-ready]").wait_for(state="attached")  # until then no button is heard
    page.click("#drawn button.main")
    page.locator("text=Only these come next").wait_for()
    _draw(page, out / "second-twice.png")


def rooms(out: Path) -> None:
    """The rooms of the desk, and the figures of the dossier as its web page has them."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        _material(home)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with running(home, "review", STUDY, "--coder", "coder_a", "--control", "0") as (_, address):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(300_000)
            page.goto(address)
            base = page.url.partition("/code")[0]
            _coding(page, base, out)
            _ready(page, base, "/codes")
            page.click(".tree .d1 a >> nth=2")
            page.locator(".passage").first.wait_for()
            _draw(page, out / "codebook.png")
            _ready(page, base, "/compare")
            page.locator("#answer .big").wait_for()
            _draw(page, out / "compare.png")
            _second_look(page, base, out)
            page.set_viewport_size({"width": 1440, "height": 900})
            _ready(page, base.partition("/s/")[0], "/")
            page.fill("#study-name", "Badges")
            page.click("#new-study button")
            page.set_input_files("#files", _files(home / "desktop"))
            page.locator("#preview.preview").wait_for()
            page.locator("#preview").evaluate("p => p.scrollIntoView()")
            _draw(page, out / "bring.png")
        _autocode(home, "report", str(BUNDLED), "--out", "dossier")
        page = browser.new_page(viewport={"width": 1020, "height": 900})
        page.goto((home / "dossier" / "dossier.html").as_uri())
        for name in FIGURES:
            _draw(page.locator(f"#figure-{name} svg"), out / f"{name}.png")
        browser.close()


def main() -> None:
    """Draw the rooms and figures, and the results of the benchmark where a file of them is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="?")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    rooms(options.out)
    if options.results:
        rows = list(known_rows(options.results).values())
        systems(rows, options.out / "quality.png")
        curves(rows, options.out / "learning-curves.png")


if __name__ == "__main__":
    main()
