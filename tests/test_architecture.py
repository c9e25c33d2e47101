"""The house keeps its rules: arrows run down, guests keep to their rooms, budgets hold."""

from __future__ import annotations

import ast
import itertools
import re
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "autocode"
FILES = sorted(SOURCE.rglob("*.py"))

FLOORS = (
    ("errors", "footprint", "config"),
    ("study",),
    ("encode", "classify", "agreement", "trail"),
    ("store",),
    ("formats",),
    ("model",),
    ("evaluate", "dossier", "ethics", "doctor"),
    ("desk",),
    ("__init__",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: i for i, rooms in enumerate(FLOORS) for room in rooms}

GUESTS = {
    "sqlite3": {"store"},
    "torch": {"encode"},
    "sentence_transformers": {"encode"},
    "transformers": {"encode"},
    "onnxruntime": {"encode"},
    "onnx": {"encode"},
    "openvino": {"encode"},
    "tokenizers": {"encode"},
    "huggingface_hub": {"encode"},
    "spacy": {"study", "ethics"},
    "py3langid": {"encode"},
    "sklearn": {"classify"},
    "datasets": {"formats"},
    "ray": {"model"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"dossier", "desk"},
    "starlette": {"desk"},
    "uvicorn": {"desk"},
    "matplotlib": {"dossier"},
    "docx": {"dossier", "ethics", "formats"},
    "xlsxwriter": {"dossier", "formats"},
    "pygamma_agreement": {"agreement"},
    "pyannote": {"agreement"},
}
LATE = (
    "py3langid",
    "torch",
    "sentence_transformers",
    "transformers",
    "spacy",
    "onnxruntime",
    "onnx",
    "openvino",
    "matplotlib",
    "sklearn",
    "datasets",
    "huggingface_hub",
    "tokenizers",
    "jinja2",
    "starlette",
    "uvicorn",
    "rich",
    "ray",
    "pygamma_agreement",
    "pyannote",
)
DOORS = {"classify/estimators.py"}
"""Files that stand on a heavy guest, and that nothing imports: `autocode.__getattr__` opens them when they are asked for."""
LAZY = (SOURCE / "__init__.py", SOURCE / "cli" / "__init__.py")
"""Files that name their modules in a table and import each when it is asked for."""
OPENERS = {"footprint", "formats", "store", "model", "config", "dossier", "encode", "ethics"}


def room(path: Path) -> str:
    """The room a file belongs to: the package or module right under autocode."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Every imported module below `node`, with its statement."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module, child
            yield from ((f"{child.module}.{alias.name}", child) for alias in child.names)


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method of the package."""
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_arrows_run_down_only() -> None:
    """No room imports a room of a higher floor."""
    wrong = []
    for path in FILES:
        for name, _ in imports(tree(path)):
            parts = name.split(".")
            if parts[0] == "autocode" and len(parts) > 1 and parts[1] in FLOOR and FLOOR[parts[1]] > FLOOR.get(room(path), 9):
                wrong.append(f"{path.relative_to(SOURCE)} -> {name}")
    assert not wrong


def test_every_room_has_a_floor() -> None:
    """A new room must be given its place in the house."""
    assert {room(p) for p in FILES} <= FLOOR.keys()


def test_there_is_no_import_circle() -> None:
    """Following imports from any file, hidden ones included, never leads back to it."""
    arrows: dict[str, set[str]] = {}
    names = {".".join(("autocode", *p.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__") for p in FILES}
    for path in FILES:
        own = ".".join(("autocode", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
        arrows[own] = {n for n in _modules(tree(path), names) if n != own}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for below in sorted(arrows[name]):
                visit(below, (*trail, name))
            done.add(name)

    for name in sorted(names):
        visit(name, ())


def _modules(node: ast.AST, names: set[str]) -> Iterator[str]:
    """Modules imported below `node`; `from package import module` leads to the module alone."""
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names if alias.name in names)
        elif isinstance(child, ast.ImportFrom) and child.module in names:
            below = {f"{child.module}.{alias.name}" for alias in child.names}
            yield from below & names if below <= names else {child.module, *(below & names)}


def test_the_house_stays_small_and_shallow() -> None:
    """At most 170 files, and no more than 14 imports from the first to the last."""
    names = {".".join(("autocode", *p.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__") for p in FILES}
    below: dict[str, set[str]] = {}
    for path in FILES:
        own = ".".join(("autocode", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")
        top = [node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
        below[own] = {name for node in top for name in _modules(node, names) if name != own}
        below[own] |= {name for name in _opened_by_name(path) if name in names and name != own}

    @cache
    def depth(name: str) -> int:
        return 1 + max(map(depth, below[name]), default=0)

    assert len(names) <= 170
    assert max(map(depth, names)) <= 14


def _opened_by_name(path: Path) -> Iterator[str]:
    """Modules that stand as text, "autocode.room.module:name": the face and the command line import them when asked."""
    for node in ast.walk(tree(path)) if path in LAZY else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("autocode."):
            yield node.value.partition(":")[0]


def test_own_modules_are_imported_at_the_top() -> None:
    """Nothing of ours is imported inside a function."""
    wrong = [
        f"{path.name}:{statement.lineno} {name}"
        for path, function in functions()
        for name, statement in imports(function)
        if name.split(".")[0] == "autocode"
    ]
    assert not wrong


def test_guests_keep_to_their_rooms() -> None:
    """Each guest library is imported in its own room only."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in FILES
        for name, _ in imports(tree(path))
        if (guest := name.split(".")[0]) in GUESTS and room(path) not in GUESTS[guest]
    ]
    assert not wrong


def test_heavy_guests_come_late() -> None:
    """Heavy libraries are imported inside functions (or for type checking), never at the top."""
    wrong = [
        f"{path.relative_to(SOURCE)} imports {name} at the top"
        for path in FILES
        if str(path.relative_to(SOURCE)) not in DOORS
        for statement in tree(path).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for name, _ in imports(statement)
        if name.split(".")[0] in LATE
    ]
    closed = {"autocode." + door.removesuffix(".py").replace("/", ".") for door in DOORS}
    wrong += [
        f"{path.relative_to(SOURCE)} -> {name}"
        for path in FILES
        if path not in LAZY
        for name, _ in imports(tree(path))
        if name in closed
    ]
    assert not wrong


def test_only_the_command_line_prints_and_exits() -> None:
    """`print` and `exit` occur in cli only."""
    wrong = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and room(path) != "cli":
                name = ast.unparse(node.func)
                if name in ("print", "sys.exit", "exit", "quit", "os._exit"):
                    wrong.append(f"{path.relative_to(SOURCE)}:{node.lineno} {name}")
    assert not wrong


def test_only_some_rooms_touch_the_disk() -> None:
    """Paths are opened in formats, store, model, config, dossier, ethics and encode only."""
    touching = {"read_text", "read_bytes", "write_text", "write_bytes", "open", "mkdir", "unlink", "mkstemp"}
    wrong = []
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and room(path) not in OPENERS:
                name = ast.unparse(node.func).split(".")[-1]
                if name in touching:
                    wrong.append(f"{path.relative_to(SOURCE)}:{node.lineno} {name}")
    assert not wrong


def test_nothing_dangerous_is_used() -> None:
    """No pickle, no joblib files, no shell, no eval, no assert on input."""
    wrong = []
    for path in FILES:
        for name, _ in imports(tree(path)):
            if name.split(".")[0] in ("pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"):
                wrong.append(f"{path.name} imports {name}")
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Assert):
                wrong.append(f"{path.name}:{node.lineno} assert")
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec", "os.system"):
                wrong.append(f"{path.name}:{node.lineno} {ast.unparse(node.func)}")
            if isinstance(node, ast.keyword) and node.arg == "shell":
                wrong.append(f"{path.name} shell=")
    assert not wrong


def test_names_say_what_is_in_a_room() -> None:
    """No file is called utils, helpers, base, common, core or manager, and no class is abstract."""
    words = {"util", "utils", "helper", "helpers", "base", "common", "core", "manager", "misc"}
    assert not [p for p in FILES if p.stem in words]
    assert not [p.name for p in FILES if any(n.split(".")[0] == "abc" for n, _ in imports(tree(p)))]


def test_budgets_hold() -> None:
    """Functions and modules keep to the sizes of the calmest codebases of the field."""
    lengths = sorted(body_length(f) for _, f in functions())
    assert statistics.median(lengths) <= 12
    assert lengths[int(0.9 * (len(lengths) - 1))] <= 30
    assert not [f"{p.name}:{f.name} {body_length(f)}" for p, f in functions() if body_length(f) > 60]
    sizes = {p.relative_to(SOURCE): p.read_text(encoding="utf-8").count("\n") for p in FILES}
    assert not {str(p): n for p, n in sizes.items() if n > 400}


def test_functions_take_few_parameters() -> None:
    """At most six parameters, self aside; a command line verb may have one for each option."""
    wrong = [
        f"{path.name}:{f.name}"
        for path, f in functions()
        if room(path) != "cli"
        and len([a for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs) if a.arg not in ("self", "cls")]) > 6
    ]
    assert not wrong


def test_everything_public_is_explained() -> None:
    """Every module, public class, function and method has a docstring, those inside a function too."""
    wrong = [str(p.relative_to(SOURCE)) for p in FILES if not ast.get_docstring(tree(p))]
    for path in FILES:
        for node in ast.walk(tree(path)):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                wrong.append(f"{path.relative_to(SOURCE)}: {node.name}")
    assert not wrong


def test_every_test_states_a_behaviour() -> None:
    """Each test has a docstring of one sentence."""
    wrong = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node):
                wrong.append(f"{path.name}: {node.name}")
    assert not wrong


def test_tests_mirror_the_house() -> None:
    """Every test file is named after a file or a room of src/autocode, or a whole behaviour."""
    whole = {
        "architecture",
        "demo",
        "cli",
        "library",
        "browser",
        "privacy",
        "reference",
        "properties",
        "receipts",
        "quality",
        "cases",
        "rho",
        "reliability",
    }
    stems = {p.stem for p in FILES} | {p.parent.name for p in FILES} | {room(p) for p in FILES} | whole
    tests = list((ROOT / "tests").rglob("test_*.py"))
    assert not [p.name for p in tests if not any(p.stem.removeprefix("test_").startswith(s) for s in stems)]


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_the_files_that_the_guides_name_are_there(name: str) -> None:
    """Whoever follows the drawing of the house or the reading path finds each file and folder that they name."""
    named = re.findall(r"`([\w.*/-]+/[\w.*-]*|[\w-]+\.(?:py|md|toml))`", (ROOT / name).read_text(encoding="utf-8"))
    assert len(named) > 5
    places = [ROOT, SOURCE, ROOT / "tests"]
    outside = ("../shared",)
    wrong = [n for n in named if not n.startswith(outside) and not any(any(place.glob(n.rstrip("/"))) for place in places)]
    assert not wrong


@pytest.mark.parametrize("parts", ["/ work /", "/ root /", "pypi . org", "python hosted", "registry . npmjs"])
def test_no_machine_and_no_registry_is_named(parts: str) -> None:
    """Nothing tracked names a path of one machine or a package registry's host."""
    word = parts.replace(" ", "")
    kinds = ("*.py", "*.md", "*.toml", "*.txt", "*.html", "*.yaml", "*.cff", "Makefile", "run")
    skip = {".venv", ".git", "demo", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
    files = itertools.chain.from_iterable(ROOT.rglob(kind) for kind in kinds)
    wrong = [
        str(p.relative_to(ROOT))
        for p in files
        if not skip & set(p.relative_to(ROOT).parts)
        and p != Path(__file__).resolve()
        and word in p.read_text(encoding="utf-8", errors="replace")
    ]
    assert not wrong
