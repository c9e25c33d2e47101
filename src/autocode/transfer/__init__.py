"""More studies than one: codebooks aligned, material lent, and what it is worth in the new study.

An alignment is proposed with scores (`propose`), confirmed by a person in a table (`alignment`), and used twice:
to train with the material of other studies (`learn`), each code keeping it only where the evidence inside the
new study is not worse (`evidence`); and to suggest with a model of another codebook (`reuse`).
"""

from autocode.transfer.alignment import Alignment, Pair, read_alignment, write_alignment
from autocode.transfer.evidence import Evidence, Gain
from autocode.transfer.learn import Others, learn_with
from autocode.transfer.propose import Side, propose, side_of_model, side_of_study
from autocode.transfer.reuse import translated

__all__ = [
    "Alignment",
    "Evidence",
    "Gain",
    "Others",
    "Pair",
    "Side",
    "learn_with",
    "propose",
    "read_alignment",
    "side_of_model",
    "side_of_study",
    "translated",
    "write_alignment",
]
