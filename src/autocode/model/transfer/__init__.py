"""More studies than one: codebooks aligned, material lent, and what it is worth in the new study.

An alignment is proposed with scores (`propose`), confirmed by a person in a table (`alignment`), and used twice:
to train with the material of other studies (`learn`), each code keeping it only where the evidence inside the
new study is not worse (`evidence`); and to suggest with a model of another codebook (`reuse`).
"""

from autocode.model.transfer.alignment import (
    Alignment,
    Pair,
    Side,
    propose,
    read_alignment,
    side_of_model,
    side_of_study,
    translated,
    write_alignment,
)
from autocode.model.transfer.learn import Evidence, Gain, Others, learn_with

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
