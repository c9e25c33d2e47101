"""How long the whole dossier takes: 60 codes, 100 documents, 20,000 codings; all three forms.

    python benchmarks/dossier.py [--codes 60] [--documents 100] [--codings 20000] [--keep FOLDER]

Quotes are chosen with the product's own encoder, its cache empty. The time includes the comparison of
the human coders, not the training of a model. On a busy machine read the seconds of CPU.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from autocode.agreement import agree
from autocode.config import Config
from autocode.dossier import FORMS, write_dossier
from autocode.dossier.findings import Findings
from autocode.encode.encoders import load_encoder
from autocode.study import Coder, Coding, Document, Reading, Study, Turn
from autocode.study.codebook import Codebook
from autocode.study.matrix import coding_matrix

WORDS = [
    "work",
    "time",
    "badge",
    "course",
    "learning",
    "manager",
    "evening",
    "shift",
    "student",
    "teacher",
    "platform",
    "forum",
    "quiz",
    "value",
    "honest",
    "family",
    "travel",
    "bus",
    "rain",
    "policy",
    "budget",
    "template",
    "video",
    "note",
    "certificate",
    "industry",
    "skill",
    "hire",
    "degree",
    "semester",
    "deadline",
    "phone",
    "laptop",
    "signal",
    "office",
    "meeting",
    "question",
    "answer",
    "friend",
    "story",
    "kitchen",
    "garden",
    "market",
]
GROUPS = ("Student", "Teacher", "Manager", "Employer")
PAIRS = 0.8  # share of the second coder's codings that follow the first's


def study(codes: int, documents: int, codings: int, seed: int = 0) -> Study:
    """A made-up study of that size: two coders and their agreed coding, turns of about 40 words."""
    draw = random.Random(seed)
    book = Codebook().with_paths(f"Theme {i % 6 + 1} > Code with a name {i + 1}" for i in range(codes))
    paths = [c.path for c in book if c.parent]
    made = tuple(_document(draw, i) for i in range(documents))
    found: list[Coding] = []
    while len(found) < codings:
        document = draw.choice(made)
        turn = draw.choice(document.turns[1::2])
        start = turn.start + draw.randrange(max(1, (turn.end - turn.start) // 3))
        code = paths[min(int(draw.expovariate(4 / codes)), codes - 1)]
        for coder in ("first", "agreed", "second"):
            if coder != "second" or draw.random() < PAIRS:
                found.append(Coding(document.id, start, min(turn.end, start + 150), code, coder))
    coders = (Coder("first"), Coder("second"), Coder("agreed", kind="agreed"))
    readings = tuple(Reading(d.id, c.id, 0, len(d.text)) for d in made for c in coders)
    return Study(made, book, coders, tuple(dict.fromkeys(found[:codings])), readings, "A large study")


def _document(draw: random.Random, number: int) -> Document:
    text, turns = "", []
    for i in range(120):
        who = "Interviewer" if i % 2 == 0 else f"P{number + 1}"
        words = " ".join(draw.choices(WORDS, k=12 if i % 2 == 0 else 40)).capitalize() + "."
        text += f"{who}: "
        turns.append(Turn(len(text), len(text) + len(words), who))
        text += words + "\n\n"
    variables = {
        "respondent": f"P{number + 1}",
        "stakeholder": draw.choice(GROUPS),
        "minutes": str(draw.randint(25, 75)),
    }
    return Document(f"D{number + 1:03}", text, turns=tuple(turns), variables=variables)


def main() -> None:
    """Make the study, write the dossier, print how long each part took."""
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in (("codes", 60), ("documents", 100), ("codings", 20_000)):
        options.add_argument(f"--{name}", type=int, default=default)
    options.add_argument("--keep", type=Path)
    options.add_argument("--words", action="store_true", help="choose quotes by their words, without an encoder")
    given = options.parse_args()
    made = study(given.codes, given.documents, given.codings)
    print(f"{len(made.documents)} documents, {len(made.codebook)} codes and themes, {len(made.codings):,} codings")
    with tempfile.TemporaryDirectory() as cache:
        vectors = None if given.words else load_encoder(cache=Path(cache)).encode
        if vectors:
            vectors(["warm"])
        started = time.perf_counter()
        matrix = coding_matrix(made, Config(), made.humans)
        findings = Findings(agreement=agree(matrix), matrix=matrix, vectors=vectors, command="benchmark")
        print(f"agreement  {time.perf_counter() - started:6.1f} s")
        folder = given.keep or Path(cache) / "out"
        for form in FORMS:
            at, cpu = time.perf_counter(), time.process_time()
            write_dossier(made, findings, folder, (form,))
            print(f"{form:<10} {time.perf_counter() - at:6.1f} s, {time.process_time() - cpu:6.1f} s of CPU")
        at, cpu = time.perf_counter(), time.process_time()
        write_dossier(made, findings, folder)
        print(f"all three, vectors cached {time.perf_counter() - at:6.1f} s, {time.process_time() - cpu:6.1f} s of CPU")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{len(matrix.segments):,} segments, peak memory {peak:,.0f} MB")
        print(f"in all     {time.perf_counter() - started:6.1f} s, the dossier written twice over")


if __name__ == "__main__":
    main()
