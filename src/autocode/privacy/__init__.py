"""Privacy: pseudonyms proposed, reviewed and applied; a participant forgotten."""

from autocode.privacy.forget import Forgotten, Places, forget, holding
from autocode.privacy.names import CERTAINTIES
from autocode.privacy.proposals import WARNING, Proposal, pipelines, propose, read_proposals, write_proposals
from autocode.privacy.pseudonyms import Replaced, apply_proposals, in_receipts, write_key

__all__ = [
    "CERTAINTIES",
    "WARNING",
    "Forgotten",
    "Places",
    "Proposal",
    "Replaced",
    "apply_proposals",
    "forget",
    "holding",
    "in_receipts",
    "pipelines",
    "propose",
    "read_proposals",
    "write_key",
    "write_proposals",
]
