"""Texts -> vectors: any sentence-transformers encoder, offline, each text encoded once.

`encoders` finds and runs an encoder, `weights` finds and checks its files, `graph` makes and runs
its onnxruntime export, `joined` sets several side by side, `cache` keeps every vector under the hash of its text.
"""

from autocode.encode.cache import cache_folder
from autocode.encode.encoders import CachedEncoder, Encoder, EncoderIdentity
from autocode.encode.joined import PLUS, JoinedEncoder, first_of, load_encoder, needs_export, widths_of
from autocode.encode.tuning import Network, Words, can_tune, words_of
from autocode.encode.weights import add_encoder, added_encoders, encoders_folder, find_default

__all__ = [
    "PLUS",
    "CachedEncoder",
    "Encoder",
    "EncoderIdentity",
    "JoinedEncoder",
    "Network",
    "Words",
    "add_encoder",
    "added_encoders",
    "cache_folder",
    "can_tune",
    "encoders_folder",
    "find_default",
    "first_of",
    "load_encoder",
    "needs_export",
    "widths_of",
    "words_of",
]
