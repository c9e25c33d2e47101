"""The 28 rows of faults and bad inputs, each with its figure: run the tests behind them, and write docs/reliability.md.

Run: `python benchmarks/reliability.py [--rows 1 2 ...] [--write]`; at night with AUTOCODE_NIGHTLY=1, for the large sizes.
The command runs every test that is marked with a row, or with one of those named; with --write also those behind the
promises of README.md, and it forgets a participant of an invented study and shows the certificate. With --rows and
--write the other rows, and promises with the same tests as before, stay as they were written. Exit code 1 where a row
fails or has no test.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.rows import NIGHT, ROWS, Outcome, outcomes  # noqa: E402

DOC = ROOT / "docs" / "reliability.md"
PROMISES = {
    "A decision you saw marked as saved is still there after a crash": (
        "test_no_kill_loses_an_acknowledged_decision",
        "test_a_server_killed_while_deciding_loses_nothing",
    ),
    "Your originals are never changed": ("test_originals_are_never_changed",),
    "Nothing leaves your computer; `autocode doctor --privacy` shows it": (
        "test_no_system_call_of_the_main_verbs_goes_out",
        "test_the_guard_refuses_every_other_computer_and_no_socket_of_this_one",
    ),
    "A file from a colleague cannot run code": (
        "test_loading_a_model_unpickles_nothing",
        "test_no_entity_is_expanded_and_no_other_file_is_read",
        "test_no_member_of_an_archive_is_written_anywhere",
    ),
    "A participant who withdraws can be erased, and a stopped erasing goes on": (
        "test_no_byte_is_left_where_it_could_be_erased",
        "test_it_goes_on_after_a_kill_at_any_point",
        "test_forget_killed_from_the_command_line_goes_on",
    ),
    "Same input, same seed: same output, byte for byte": (
        "test_outputs_are_the_same_bytes_everywhere",
        "test_a_second_demo_gives_the_same_bytes",
    ),
    "Messages never quote an interview": ("test_no_word_of_a_transcript_is_said_or_left",),
    "A suggestion is never a coding, and human coding is never overwritten": (
        "test_only_decide_makes_codings_of_suggestions",
        "test_merging_never_drops_human_coding",
    ),
    "Every decision can be undone": ("test_undo_goes_back_to_the_beginning_and_then_says_so",),
    "A copy is made before a transcript is replaced, a participant is forgotten, or the format is upgraded": (
        "test_an_older_format_is_read_and_comes_up_after_a_copy",
        "test_replacing_asks_before_codings_go_and_makes_a_copy",
    ),
    "`restore` brings the last good state back": (
        "test_a_copy_made_during_a_review_holds_every_decision_and_comes_back",
        "test_a_study_that_cannot_be_opened_is_moved_aside",
    ),
    "`doctor` finds damage, and calls no sound study damaged": (
        "test_flipped_bits_and_cuts_are_reported",
        "test_a_sound_study_is_never_called_damaged",
    ),
    "A file that autocode did not write is replaced only with `--overwrite`": (
        "test_what_autocode_wrote_is_replaced_and_nothing_else",
    ),
}
"""What README.md promises, and the tests that would fail if it were not so."""

NOT_PROMISED = (
    "Pseudonymising finds many names, not all: read every transcript before you share it.",
    "`forget` does not find words that someone put in other words, pictures, sounds and PDF files, mail, or other computers; "
    "its certificate says so each time. A model's weights cannot forget: train it again.",
    "Vectors and models say much about the texts that they were made of: keep them as you keep the transcripts. A model saved "
    "without quotes still holds the rules of the codebook, which may quote somebody.",
    "Of single flipped bits a few in a thousand lie where nothing is kept and nothing can be told; a bit that flips while "
    "it is being read or written is not seen.",
    "A study on a network drive is not safe with two computers at once; in a cloud folder it is warned of, not prevented.",
    "Where you name a cluster in `RAY_ADDRESS`, words go to its computers: `--engine ray` is for that.",
    "A clock that is wrong gives wrong dates: entries and copies keep their order, their times are the clock's.",
    "Windows and macOS were not tried by these tests; what is known of them comes from reports of others.",
)


def run(tests: str = "", rows: Iterable[int] = ()) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Run the tests of an expression of names, else those marked with some rows, or any; yields name, outcome, properties."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        chosen = ["-k", tests] if tests else ["-m", "row"]
        chosen += [f"--rows={','.join(map(str, rows))}"] if rows else []
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            "-o",
            "junit_family=xunit1",
            *chosen,
            "tests",
        ]
        if subprocess.run(command, cwd=ROOT, check=False).returncode > 1:
            sys.exit("The tests could not be run; nothing is written.")
        for case in ElementTree.parse(report).iter("testcase"):  # our own file
            bad = case.find("failure") is not None or case.find("error") is not None
            outcome = "failed" if bad else "skipped" if case.find("skipped") is not None else "passed"
            told = [(p.get("name", ""), p.get("value", "")) for p in case.iter("property")]
            yield f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}", outcome, told


def files_of(outcome: Outcome) -> str:
    """The files of tests behind a row."""
    names = [*outcome.passed, *outcome.failed, *outcome.skipped]
    return ", ".join(sorted({f"`{name.partition('::')[0].removeprefix('tests/')}`" for name in names}))


def certificate() -> str:
    """The certificate of a forgetting in a study of this moment, with its paths shortened."""
    rows = ["document_id,segment_id,order,speaker,text,coder,codes"]
    for person in ("P01", "P02", "P03"):
        for n, text in enumerate((f"my shift left no evening in the year that {person} began", "yes", "my wife is at home")):
            rows.append(f"{person},{person}-{n},{n},Guest,{text},ana,Time")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "said.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        env = os.environ | {"XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder)}
        env["PYTHONPATH"] = str(ROOT / "src")
        for words in (
            "import said.csv --study s",
            "export s --out s.qdpx",
            "describe s --out counts.csv",
            "members export s --out letters",
            "forget s P02 --yes --also . --out certificate.txt",
        ):
            subprocess.run(
                [sys.executable, "-m", "autocode", *words.split()], cwd=folder, env=env, check=True, capture_output=True
            )
        return (folder / "certificate.txt").read_text(encoding="utf-8").replace(f"{folder}/", "").replace(str(folder), ".")


def row_line(number: int, outcome: Outcome | None) -> str:
    """A row of the table of faults, as Markdown."""
    tried, held = ROWS[number]
    return f"| {number} | {tried} | {held} | {outcome or 'NO TEST'} | {files_of(outcome) if outcome else ''} |"


def page(rows: Iterable[str], promised: Iterable[str], scale: str) -> str:
    """docs/reliability.md."""
    size = "nightly sizes" if NIGHT else "the sizes of every day; AUTOCODE_NIGHTLY=1 runs the large ones"
    lines = [
        "# Reliability",
        "",
        f"Written by `python benchmarks/reliability.py --write` ({size}). `make check` runs all of it and prints the rows.",
        "",
        "## Faults and bad inputs",
        "",
        "| # | What is tried | What must hold | Figure | Tests |",
        "| ---: | --- | --- | --- | --- |",
        *rows,
    ]
    lines += ["", "## What README.md promises, and the tests behind it", "", *promised]
    lines += ["", "## What is not promised", "", *(f"- {line}" for line in NOT_PROMISED)]
    lines += [
        "",
        "## Large studies",
        "",
        "By `python benchmarks/scale.py --write`: 60 codes, 2 coders; processor seconds and peak megabytes. Vectors are those",
        "of a cheap encoder, made within `train` and kept; reading with the packaged one comes on top. It shows its last layer",
        "alone, as is learnt from beyond 50,000 segments.",
        "",
        scale,
        "",
        "## The certificate of a forgetting",
        "",
        "```",
        certificate().rstrip(),
        "```",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", choices=ROWS, help="run and print these rows alone")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args()
    found = outcomes(run(rows=options.rows or ()))
    for number in options.rows or ROWS:
        print(f"{number:>3}  {ROWS[number][0]}: {found.get(number) or 'NO TEST'}", flush=True)
    bad = any(number not in found or found[number].failed for number in options.rows or ROWS)
    if options.write:
        bad |= write(found, options.rows or list(ROWS))
    sys.exit(int(bad))


def write(found: dict[int, Outcome], rows: list[int]) -> bool:
    """Write docs/reliability.md: these rows anew, the others as they stood; tells whether a promise fails."""
    before = DOC.read_text(encoding="utf-8") if DOC.exists() else ""
    stood = {} if len(rows) == len(ROWS) else dict(re.findall(r"^\| (\d+) (\|.*)$", before, re.M))
    lines = [row_line(n, found.get(n)) if n in rows or str(n) not in stood else f"| {n} {stood[str(n)]}" for n in ROWS]
    kept = {promise: _kept(before, promise, tests) if stood else "" for promise, tests in PROMISES.items()}
    names = sorted({name for promise, tests in PROMISES.items() for name in tests if not kept[promise]})
    held = list(run(" or ".join(names))) if names else []
    promised = [
        kept[promise] or f"- {promise}: {', '.join(_told(name, held) for name in tests)}" for promise, tests in PROMISES.items()
    ]
    scale = re.search("<!-- scale -->.*?<!-- /scale -->", before, re.S)
    DOC.write_text(page(lines, promised, scale[0] if scale else "<!-- scale -->\n<!-- /scale -->"), encoding="utf-8")
    return any("FAILED" in line or "NO TEST" in line for line in promised)


def _kept(before: str, promise: str, tests: tuple[str, ...]) -> str:
    """The line of a promise as it stood, where it names the same tests; else nothing."""
    line = next((line for line in before.splitlines() if line.startswith(f"- {promise}: ")), "")
    return line if re.findall(r"`(test_\w+)`", line) == list(tests) else ""


def _told(name: str, held: list[tuple[str, str, list[tuple[str, str]]]]) -> str:
    mine = [outcome for test, outcome, _ in held if test.partition("::")[2].partition("[")[0] == name]
    if not mine:
        return f"`{name}` NO TEST"
    return f"`{name}` " + ("FAILED" if "failed" in mine else "holds" if "passed" in mine else "could not be tried here")


if __name__ == "__main__":
    main()
