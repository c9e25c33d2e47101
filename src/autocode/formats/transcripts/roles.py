"""Who asks and who answers: roles proposed from names, legend, questions and shares of the talk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from autocode.formats.transcripts.turns import legend
from autocode.study import Document

INTERVIEWER, RESPONDENT, UNCLEAR = "interviewer", "respondent", "unclear"

_ASKS = re.compile(
    r"(?:i|int|q|f|iv|interview(?:er|erin|eur|euse)?|moderator(?:in)?|facilitator|host|researcher|forscher(?:in)?"
    r"|entrevistador[ae]?|intervistat(?:ore|rice)|interviewleiter(?:in)?|fieldworker)[ _]?\d{0,3}",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(?:r|b|p|x|a|ip|interviewee|respondent(?:in)?|participant|informant|guest|befragte[rn]?|befragte person"
    r"|entrevistad[oa]|répondante?|patient(?:in)?|teilnehmer(?:in)?)[ _]?\d{0,3}",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[?？؟][\"'”’)»]*(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Role:
    """What a speaker seems to be, and why; a proposal that a person confirms or changes.

    Attributes:
        role: interviewer, respondent or unclear.
        questions: Share of the speaker's turns that ask something, 0 to 1.
        words: Share of the document's words that are the speaker's, 0 to 1.
        evidence: Why, in a line without any words of the transcript.
    """

    speaker: str
    role: str
    questions: float
    words: float
    evidence: str


def propose_roles(document: Document) -> tuple[Role, ...]:
    """Propose a role for each speaker of a document, in the order in which they first speak.

    A legend decides, then the name itself; where neither says anything, the speaker who asks in
    at least twice as many of the turns as any other, and says less than half, is proposed as
    interviewer and the others as respondents.
    """
    explained = legend(document.text)
    turns: dict[str, list[str]] = {}
    for turn in document.turns:
        if turn.speaker:
            turns.setdefault(turn.speaker, []).append(document.text_of(turn))
    counts = {speaker: sum(len(t.split()) for t in said) for speaker, said in turns.items()}
    words = {speaker: n / max(1, sum(counts.values())) for speaker, n in counts.items()}
    asked = {speaker: sum(bool(_QUESTION.search(t)) for t in said) / len(said) for speaker, said in turns.items()}
    named = {speaker: _by_name(speaker, explained) for speaker in turns}
    asker = _asker(asked, words)
    roles = []
    for speaker in turns:
        role, why = named[speaker]
        if not role:
            role, why = _by_talk(speaker, asker, any(r == INTERVIEWER for r, _ in named.values()))
        shares = f"asks in {asked[speaker]:.0%} of {len(turns[speaker])} turns, says {words[speaker]:.0%} of the words"
        roles.append(Role(speaker, role, asked[speaker], words[speaker], f"{why}; {shares}"))
    return tuple(roles)


def interviewers(roles: Iterable[Role]) -> tuple[str, ...]:
    """The speakers that are proposed as interviewers."""
    return tuple(role.speaker for role in roles if role.role == INTERVIEWER)


def with_speakers(document: Document, names: Mapping[str, str]) -> Document:
    """The document with speakers renamed, say ``{"SPEAKER_00": "Interviewer"}``; its text stays."""
    turns = tuple(replace(t, speaker=names.get(t.speaker, t.speaker)) for t in document.turns)
    units = tuple(replace(s, speaker=names.get(s.speaker, s.speaker)) for s in document.segments)
    return replace(document, turns=turns, segments=units)


def _by_name(speaker: str, explained: Mapping[str, str]) -> tuple[str, str]:
    """The role that the legend or the name says, and why; "" where neither does."""
    meaning = explained.get(speaker, "")
    for text, why in ((meaning, "the legend says so"), (speaker, "the name says so")):
        word = re.sub(r"s$", "", text.strip().casefold())
        if word and (_ASKS.fullmatch(word) or _ASKS.fullmatch(text.strip())):
            return INTERVIEWER, why
        if word and (_ANSWERS.fullmatch(word) or _ANSWERS.fullmatch(text.strip())):
            return RESPONDENT, why
    return "", ""


def _asker(asked: Mapping[str, float], words: Mapping[str, float]) -> str:
    """The speaker who asks far more than any other and says less than half, "" for none."""
    ranked = sorted(asked, key=lambda s: -asked[s])
    if len(ranked) < 2 or not asked[ranked[0]]:
        return ""
    first, second = ranked[:2]
    return first if asked[first] >= 2 * asked[second] and words[first] < 0.5 else ""


def _by_talk(speaker: str, asker: str, known: bool) -> tuple[str, str]:
    """The role that follows from how the talk is shared, and why."""
    if known:
        return RESPONDENT, "another speaker is the interviewer"
    if not asker:
        return UNCLEAR, "neither the name nor the questions tell"
    role = INTERVIEWER if speaker == asker else RESPONDENT
    return role, "asks far more than any other" if speaker == asker else "another speaker asks far more"
