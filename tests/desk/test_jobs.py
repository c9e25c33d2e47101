"""Work beside the page: what a verb of the command line says is told in the means of the page."""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path

import pytest

from autocode.cli import VERBS as GROUPS
from autocode.desk import jobs
from autocode.desk.jobs import VERBS, Jobs, plainly
from autocode.study import Study
from tests.desk.desks import desk, learnt
from tests.desk.test_server import Page

SOURCE = Path(jobs.__file__).parents[1]
COMMAND = re.compile(rf"\bautocode ({'|'.join(VERBS.split())})\b|(?<![\w-])--[a-z]")
NOT_SAID = ("cli/options.py", "cli/review.py", "desk/jobs.py", "doctor.py")  # options, files that start the desk, patterns


def _sentences(path: Path) -> Iterator[str]:
    """Every text of a module that is no docstring; what is put into one stands there as X."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {n.value for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    joined = [n for n in ast.walk(tree) if isinstance(n, ast.JoinedStr)]
    parts = {v for n in joined for v in n.values}
    for n in joined:
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in n.values)
    for c in ast.walk(tree):
        if isinstance(c, ast.Constant) and isinstance(c.value, str) and c not in alone and c not in parts:
            yield c.value


FILLED = {  # what stands in a sentence's gaps, where a row of the table asks for it
    "to": ["pseudonyms/proposals.csv"],
    "told": ["3 proposals", "no name was found"],
    "store": ["study.sqlite"],
    "made['encoder']['name']": ["default", "multilingual"],
}


def _said(node: ast.expr) -> list[str]:
    """What an expression of text says, each way that it can come out; its gaps filled."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _said(node.body) + _said(node.orelse)
    if isinstance(node, ast.FormattedValue):
        return _said(node.value)
    parts = node.values if isinstance(node, ast.JoinedStr) else ()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    if not parts:
        return FILLED.get(ast.unparse(node), ["X", "3"])
    return ["".join(p) for p in islice(product(*map(_said, parts)), 200)]


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """Every text that the program outside the desk can say; what, why and what next of an error in one line."""
    found: set[str] = set()
    for path in sorted(p for p in SOURCE.rglob("*.py") if p.parent.name != "desk"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
                found.update(_said(node))
            elif isinstance(node, ast.Call) and len(node.args) == 3:
                found.update(f"{a}: {b}. {c}" for a, b, c in islice(product(*map(_said, node.args)), 200))
    return sorted(found)


@pytest.mark.parametrize("row", jobs._OWN, ids=lambda r: r[0][:40])
def test_each_plain_form_is_of_a_sentence_that_the_program_says(row: tuple[str, str], sentences: list[str]) -> None:
    """A sentence that is worded anew asks for another row here; and what is plain stays as it is when made plain again."""
    spoken = [s for s in sentences if re.search(row[0], s)]
    assert spoken
    assert [s for s in spoken if plainly(plainly(s)) != plainly(s)] == []


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_sentence_of_the_program_sends_a_reader_of_the_page_to_a_command(path: Path) -> None:
    """Whatever any part of the program says, on the page it names no verb and no option of the command line."""
    if path.relative_to(SOURCE).as_posix() not in NOT_SAID:
        assert [s for s in _sentences(path) if " " in s and COMMAND.search(plainly(s))] == []


def test_the_pages_themselves_name_no_command() -> None:
    """No template and no script tells of a verb, of an option, or of a file that only the program opens."""
    shown = [p for p in (SOURCE / "desk").rglob("*") if p.suffix in (".html", ".js")]
    inner = re.compile(r"<code>autocode|\bautocode [a-z-]+ STUDY|[\w-]+\.(jsonl|toml|sqlite)\b|\bstale:|encoder default")
    assert [(p.name, found.group()) for p in shown if (found := inner.search(p.read_text(encoding="utf-8")))] == []


def test_every_verb_of_the_command_line_is_known_to_the_page() -> None:
    """A new verb is one whose name the page keeps to itself."""
    assert {verb for verbs in GROUPS.values() for verb in verbs} == set(VERBS.split())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("model m: it is damaged. Train it again: autocode train STUDY --out MODEL.", "Train it again in the room Model."),
        ("The names are in a.csv, and it says: add --yes to do it.", ""),
        ("A first thing. Then --all. A last thing.", "A first thing. A last thing."),
        ("Learnt by ana, with the encoder default.", "with the encoder for English."),
        ("no speaker -- she says -- is named", "no speaker -- she says -- is named"),
        ("", ""),
    ],
)
def test_what_is_told_is_what_can_be_done_on_the_page(said: str, shown: str) -> None:
    """A command becomes the page's own step, or is left out with its sentence; all else stays word for word."""
    assert plainly(said).endswith(shown)
    assert "--" not in plainly(said) or "--" in shown


def test_the_folder_of_a_study_is_not_spelt_out() -> None:
    """What lies in the study's folder is named by its place there."""
    assert plainly("/home/eve/s/letters/a.docx and /home/eve/s", "/home/eve/s") == "letters/a.docx and the study"


def test_a_room_shows_no_command_of_the_work_beside_it(study: Study, tmp_path: Path) -> None:
    """What a verb says on either stream stands in its room without the commands, and with the page's own step."""
    page = Page(desk(study, tmp_path, learnt(study)))
    page.enter()
    says = "import sys; print('It is so. Next: autocode train X'); sys.stderr.write('Found; add --perhaps to list more.\\n')"
    for kind, room in (("model", "model"), ("pseudonyms", "people"), ("evaluate", "model"), ("dossier", "dossier")):
        page.study.jobs = Jobs((sys.executable, "-c", says), str(tmp_path))
        page.study.jobs.start(kind, "Work", [])
        while page.study.jobs.running:
            time.sleep(0.02)
        shown = page.room(room)
        assert "with the tick below they are listed too" in shown
        assert not COMMAND.search(re.sub(r"<[^>]*>", " ", shown)), COMMAND.search(re.sub(r"<[^>]*>", " ", shown))


def test_a_model_that_was_named_is_left_alone_and_the_page_says_so(study: Study, tmp_path: Path) -> None:
    """No form trains it, and a request that asks for it all the same is refused."""
    page = Page(desk(study, tmp_path, learnt(study)))
    page.enter()
    assert "left as it is: nothing here trains it" in page.room("model")
    status, answer = page.do("/work", do="model", coders=["ana"])
    assert (status, "leaves it as it is" in answer["error"]) == (409, True)
    assert page.study.jobs.last is None
