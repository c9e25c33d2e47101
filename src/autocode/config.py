"""Settings: one frozen dataclass per section of a TOML file; an unknown key is an error.

The defaults here are the product's defaults; `configs/default.toml` is the same, commented.
Options given on the command line win over a file, a file wins over the defaults, and no
environment variable changes anything.
"""

from __future__ import annotations

import importlib
import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from autocode.errors import ConfigError, did_you_mean

Progress = Callable[[int, int], object]
"""Called with (steps done, steps in all) during long work."""

Effort = Literal["quick", "full"]
Unit = Literal["auto", "given", "turn", "paragraph", "sentence", "window"]


@dataclass(frozen=True, slots=True)
class SegmentConfig:
    """How a transcript is cut into units of analysis.

    Attributes:
        unit: `auto` takes the units given, else turns, else paragraphs.
        window: Sentences in a window (unit `window`); windows do not overlap.
        interviewers: Speakers whose turns are context, never coded (case is ignored); where
            units are given by a table, every unit is coded all the same.
        segmenter: Instead of `unit`, a function of your own from a Document to its spans (start, end):
            `module:name`, or in Python the function itself.
        spacy: An installed spaCy pipeline that finds sentences; "" takes the rule-based one.
        language: Language of the rule-based sentence finder, as spaCy names it.
        spans: Suggest the sentences that carry a code, where coders marked less than whole units; else whole units.
    """

    unit: Unit = "auto"
    window: int = 3
    interviewers: tuple[str, ...] = ("interviewer", "moderator", "researcher", "int", "i", "q")
    segmenter: str | Callable[..., Any] = ""
    spacy: str = ""
    language: str = "en"
    spans: bool = True


@dataclass(frozen=True, slots=True)
class MatrixConfig:
    """When a coded segment counts for a unit.

    Attributes:
        overlap: `any`: one shared character that is no space; `half`: half of the unit's
            characters; or a percentage of them, such as "90".
    """

    overlap: str = "any"

    @property
    def share(self) -> float:
        """The share of a unit that a coding must cover, 0 to 1; 0 means one character.

        Raises:
            ConfigError: The rule is none of these.
        """
        named = {"any": 0.0, "half": 0.5}.get(self.overlap)
        text = self.overlap.removesuffix("%").strip()
        if named is None and not (text.isdigit() and 0 < int(text) <= 100):
            raise ConfigError(f"overlap '{self.overlap}'", "it is not any, half or a percentage from 1 to 100", "Choose one.")
        return int(text) / 100 if named is None else named


@dataclass(frozen=True, slots=True)
class EncodeConfig:
    """Which encoder turns text into vectors.

    Attributes:
        model: `default`, a folder, the name of an encoder added before, or `module:factory`; with ` + ` between
            them several, side by side.
        more: Further encoders that the effort `full` tries beside it.
        precision: `auto`, `float32` or `bfloat16`; auto takes bfloat16 where the processor computes with it.
        tuned: Let the encoder's upper layers learn the codes; the effort `full` tries it and decides.
        minutes: What the effort `full` may spend on fine-tuning, reckoned by the words to read, not by the clock; 0: none.
        layers: Learn from every layer of the encoder beside the last, unless the study is very large.
    """

    model: str = "default"
    more: tuple[str, ...] = ()
    precision: str = "auto"
    tuned: bool = False
    minutes: float = 30.0
    layers: bool = True


@dataclass(frozen=True, slots=True)
class ClassifyConfig:
    """How codes are learnt; the defaults hold for every corpus (benchmarks/quality.py).

    Attributes:
        effort: `quick`, or `full`: try fine-tuning and further encoders, kept where unseen documents speak for them.
        folds: Held-out parts, made of whole documents.
        seed: Same seed, same result.
        min_segments: A code with fewer coded segments stays silent.
        min_documents: A code met in fewer documents stays silent.
        previous: Weight of the previous turn (the question) beside the segment's own vector.
        following: Weight of the next turn.
        width: Columns of the hashed text, even.
        strength: Inverse regularisation of the head by meaning, for a code with much evidence.
        lexical_strength: The same of the head by wording.
        half_count: Coded segments at which a code has half of that strength.
        prior_weight: Length of the weights that a codebook entry alone would get.
        theme_weight: Share of the theme's weights in the prior of its codes.
        iterations: Rounds of L-BFGS per head.
        max_rows: Training segments per head; beyond, segments without rare codes are drawn.
        free_intercept: Coded segments at which a code's own calibration counts as much as the
            common one.
        free_slope: The same of the weights of its two heads.
        smoothing: Coded segments' worth of expected evidence behind each threshold.
        least_probability: Nothing is coded or suggested below it, whatever a threshold says; half of it is enough to code
            what was coded in fewer than 10 segments.
        precision: The share of `suggest` that is promised to be right.
        recall: The share of the coders' codings that `suggest` and `ask` are promised to find.
        confidence: How sure both promises are.
        ask_share: Where no recall can be promised, `ask` from this share of the threshold of coding on.
        ask_most: The share of the segments up to which a code may be asked about in vain to keep a promise.
        ask_load: Codes that a segment may be asked about in vain for the sake of promises, all codes together.
        ask_questions: Codes that a segment is asked about at most, on average; nobody reads more.
    """

    effort: Effort = "quick"
    folds: int = 5
    seed: int = 0
    min_segments: int = 3
    min_documents: int = 2
    previous: float = 0.7
    following: float = 0.3
    width: int = 65536
    strength: float = 10.0
    lexical_strength: float = 10.0
    half_count: float = 10.0
    prior_weight: float = 10.0
    theme_weight: float = 0.5
    iterations: int = 10
    max_rows: int = 20000
    free_intercept: float = 10.0
    free_slope: float = 100.0
    smoothing: float = 10.0
    least_probability: float = 0.1
    precision: float = 0.8
    recall: float = 0.9
    confidence: float = 0.95
    ask_share: float = 0.5
    ask_most: float = 0.25
    ask_load: float = 3.0
    ask_questions: float = 2.0


@dataclass(frozen=True, slots=True)
class AgreementConfig:
    """How the machine is judged beside the humans; to be fixed before anyone looks at results.

    Attributes:
        coefficient: What the verdict compares: kappa (Cohen's), alpha (Krippendorff's), another coefficient of 2 x 2
            tables by its name, or `module:name` of a function of your own.
        margin: How much less reliable than a second human the machine may be.
        interval: `jackknife` leaves out one document at a time; `bootstrap` draws documents
            again (for 30 or more).
    """

    coefficient: str = "kappa"
    margin: float = 0.10
    interval: Literal["jackknife", "bootstrap"] = "jackknife"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run."""

    segment: SegmentConfig = field(default_factory=SegmentConfig)
    matrix: MatrixConfig = field(default_factory=MatrixConfig)
    encode: EncodeConfig = field(default_factory=EncodeConfig)
    classify: ClassifyConfig = field(default_factory=ClassifyConfig)
    agreement: AgreementConfig = field(default_factory=AgreementConfig)

    def with_unit(self, unit: str) -> Config:
        """The same settings with another unit of analysis.

        Raises:
            ConfigError: There is no such unit.
        """
        if unit not in get_args(Unit):
            raise ConfigError(f"unit '{unit}'", f"known units are {', '.join(get_args(Unit))}", "Choose one of these.")
        return replace(self, segment=replace(self.segment, unit=cast(Unit, unit)))

    def knowing_interviewers(self, names: Iterable[str]) -> Config:
        """The same settings with more names of interviewers, in lower case: what a study knows, its model remembers."""
        more = tuple(n for n in names if n not in self.segment.interviewers)
        return replace(self, segment=replace(self.segment, interviewers=(*self.segment.interviewers, *more))) if more else self

    def with_overlap(self, overlap: str) -> Config:
        """The same settings with another rule of overlap.

        Raises:
            ConfigError: There is no such rule.
        """
        changed = MatrixConfig(overlap)
        _ = changed.share
        return replace(self, matrix=changed)

    def with_agreement(self, coefficient: str = "", interval: str = "") -> Config:
        """The same settings with another coefficient or interval; "" keeps what is there.

        Raises:
            ConfigError: There is no such coefficient or interval.
        """
        given = {k: v for k, v in (("coefficient", coefficient), ("interval", interval)) if v}
        return replace(self, agreement=_section(AgreementConfig, asdict(self.agreement) | given, "agreement"))

    def to_toml(self) -> str:
        """The settings as a TOML text that `load_config` reads back to the same settings."""
        lines: list[str] = []
        for section, values in asdict(self).items():
            lines += [f"[{section}]", *(f"{k} = {_literal(v)}" for k, v in values.items()), ""]
        return "\n".join(lines)


def load_config(path: Path | str | None = None) -> Config:
    """Read a TOML file over the defaults; None gives the defaults.

    Args:
        path: A file; or the name of settings that come with autocode: default, quick, multilingual.

    Raises:
        ConfigError: The file cannot be read, a section or key is unknown, or a value is of
            the wrong kind.
    """
    if path is None:
        return Config()
    file = Path(path)
    if not file.exists():
        ours = {p.stem: p for p in sorted(configs_folder().glob("*.toml"))}
        if str(path) not in ours:
            beside = [p.name for p in file.parent.glob("*.toml")]
            near = did_you_mean(file.name, (*beside, *ours), f"With autocode come {', '.join(ours)}: start from one of these.")
            raise ConfigError(f"config {path}", "there is no such file", near)
        file = ours[str(path)]
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"config {path}", f"it cannot be read as TOML ({type(error).__name__})", "Start from configs/default.toml."
        ) from error
    return config_from(table, str(path))


def configs_folder() -> Path:
    """Where the settings that come with autocode lie: in the package when installed, else in the project."""
    package = Path(__file__).parent
    return package / "configs" if (package / "configs").is_dir() else package.parents[1] / "configs"


def config_from(table: Mapping[str, Any], source: str) -> Config:
    """Check a parsed TOML table against the sections and their keys.

    Raises:
        ConfigError: As `load_config`.
    """
    sections = get_type_hints(Config)
    made = {}
    for name, values in table.items():
        if name not in sections:
            raise _unknown(f"config {source}", f"section [{name}]", name, sections)
        if not isinstance(values, Mapping):
            raise ConfigError(f"config {source}", f"'{name}' is a value, not a section", f"Write [{name}].")
        made[name] = _section(sections[name], values, f"config {source}, [{name}]")
    return Config(**made)


_SHARE = (0.0, 1.0)
LIMITS: Mapping[str, tuple[float, float]] = {
    "window": (1, math.inf),
    "folds": (2, math.inf),
    "min_segments": (1, math.inf),
    "min_documents": (1, math.inf),
    "width": (2, 2**24),
    "strength": (1e-6, math.inf),
    "lexical_strength": (1e-6, math.inf),
    "iterations": (1, math.inf),
    "max_rows": (100, math.inf),
    "confidence": (0.5, 0.999),
    **dict.fromkeys(("least_probability", "precision", "recall", "ask_share", "ask_most", "margin", "theme_weight"), _SHARE),
}
"""From which to which number a setting may go, where 0 or more is not enough to say."""


def _section(kind: type, values: Mapping[str, Any], where: str) -> Any:
    hints = get_type_hints(kind)
    for key, value in values.items():
        if key not in hints:
            raise _unknown(where, f"key '{key}'", key, hints)
        if not _fits(value, hints[key]):
            allowed = get_args(hints[key]) if get_origin(hints[key]) is Literal else hints[key].__name__
            raise ConfigError(where, f"{key} = {value!r} is not one of {allowed}", "Correct the value.")
        if isinstance(value, int | float) and not isinstance(value, bool):
            least, most = LIMITS.get(key, (0, math.inf))
            if not least <= value <= most:
                told = f"from {least} to {most}" if most < math.inf else f"{least} or more"
                raise ConfigError(where, f"{key} = {value} lies outside what is possible ({told})", "Correct the value.")
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_fits(v, get_args(hint)[0]) for v in value)
    if get_origin(hint) is UnionType:
        return isinstance(value, str)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint


def _unknown(where: str, what: str, name: str, known: Mapping[str, Any]) -> ConfigError:
    return ConfigError(where, f"{what} is unknown", did_you_mean(name, known, f"Known: {', '.join(known)}."))


def named(what: str | Callable[..., Any]) -> Callable[..., Any]:
    """A function of the user's own: itself, or what `module:name` leads to.

    Raises:
        ConfigError: There is no such module, or nothing of that name in it.
    """
    if not isinstance(what, str):
        return what
    module, _, name = what.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        why = f"it cannot be imported ({type(error).__name__})"
        raise ConfigError(f"'{what}'", why, "Write module:name, of a module that Python finds.") from error
    return found


def _literal(value: Any) -> str:
    if callable(value):
        return json.dumps(f"{value.__module__}:{value.__qualname__}")
    if isinstance(value, tuple):
        return "[" + ", ".join(_literal(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def section_names() -> tuple[str, ...]:
    """The names of the sections, in order."""
    return tuple(f.name for f in fields(Config))
