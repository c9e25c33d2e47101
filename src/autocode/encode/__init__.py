"""Texts -> vectors: any sentence-transformers encoder, offline, each text encoded once.

`encoders` loads an encoder, or several side by side; `weights` finds and checks its files, `export` makes its graph,
`engines` runs it, `tuning` lets its upper layers learn, `cache` keeps every vector under the hash of its text.
"""

from autocode.encode.cache import cache_folder
from autocode.encode.encoders import PLUS, CachedEncoder, JoinedEncoder, first_of, load_encoder, needs_export, widths_of
from autocode.encode.multilingual import add_multilingual
from autocode.encode.tuning import Network, Words, can_tune, words_of
from autocode.encode.weights import (
    Encoder,
    EncoderIdentity,
    add_encoder,
    added_encoders,
    encoders_folder,
    find_default,
    remove_encoder,
)

__all__ = [
    "PLUS",
    "CachedEncoder",
    "Encoder",
    "EncoderIdentity",
    "JoinedEncoder",
    "Network",
    "Words",
    "add_encoder",
    "add_multilingual",
    "added_encoders",
    "cache_folder",
    "can_tune",
    "encoders_folder",
    "find_default",
    "first_of",
    "load_encoder",
    "needs_export",
    "remove_encoder",
    "widths_of",
    "words_of",
]
