"""Agreement between coders, machine or human: the statistics that a reviewer accepts.

`agree(matrix)` gives an `AgreementReport`; everything behind it is a plain function over arrays, in
the modules of this package. Formulas, sources and readings stand in docs/methods.md.
"""

from autocode.agreement.compare import AgreementReport, agree, agree_on, between_coders
from autocode.agreement.counts import (
    Decisions,
    both_coded,
    by_group,
    by_theme,
    by_whole_document,
    coded_at_all,
    decisions,
    denominators,
    of_frame,
    only,
    relevant,
)
from autocode.agreement.differences import (
    Difference,
    Disagreement,
    DocumentAgreement,
    Inventory,
    agreement_by_document,
    inventory,
    offsets,
)
from autocode.agreement.estimate import REASONS, AgreementOptions, Estimate
from autocode.agreement.judgement.alternative_annotator import AltTest, AltTestOptions, alt_test_on
from autocode.agreement.judgement.conventions import (
    atlasti,
    maxqda_frequency,
    maxqda_occurrence,
    maxqda_segments,
    nvivo,
    qualcoder,
)
from autocode.agreement.judgement.corrected import (
    Batch,
    Design,
    Frequency,
    batch_by_theme,
    corrected_document_frequencies,
    corrected_frequencies,
)
from autocode.agreement.judgement.opinions import (
    LeftOut,
    Opinion,
    alpha_change,
    details,
    leave_one_coder_out,
    mean_over_codes,
    on_ratings,
    opinions,
    outliers,
)
from autocode.agreement.judgement.power import documents_for_interval, documents_for_verdict
from autocode.agreement.render import REFERENCES, methods_paragraph, results_paragraph, summary_text
from autocode.agreement.rows import Measure, Row, Verdict
from autocode.agreement.spans.characters import atlasti_domains, coded_documents, decisions_on_text
from autocode.agreement.spans.passages import gamma_by_document, offsets_by_code, opened_documents, passages
from autocode.agreement.summary import (
    Condition,
    Record,
    SetAgreement,
    conditions,
    decisions_by_coder,
    many_coders,
    set_agreement,
    summary,
)

__all__ = [
    "REASONS",
    "REFERENCES",
    "AgreementOptions",
    "AgreementReport",
    "AltTest",
    "AltTestOptions",
    "Batch",
    "Condition",
    "Decisions",
    "Design",
    "Difference",
    "Disagreement",
    "DocumentAgreement",
    "Estimate",
    "Frequency",
    "Inventory",
    "LeftOut",
    "Measure",
    "Opinion",
    "Record",
    "Row",
    "SetAgreement",
    "Verdict",
    "agree",
    "agree_on",
    "agreement_by_document",
    "alpha_change",
    "alt_test_on",
    "atlasti",
    "atlasti_domains",
    "batch_by_theme",
    "between_coders",
    "both_coded",
    "by_group",
    "by_theme",
    "by_whole_document",
    "coded_at_all",
    "coded_documents",
    "conditions",
    "corrected_document_frequencies",
    "corrected_frequencies",
    "decisions",
    "decisions_by_coder",
    "decisions_on_text",
    "denominators",
    "details",
    "documents_for_interval",
    "documents_for_verdict",
    "gamma_by_document",
    "inventory",
    "leave_one_coder_out",
    "many_coders",
    "maxqda_frequency",
    "maxqda_occurrence",
    "maxqda_segments",
    "mean_over_codes",
    "methods_paragraph",
    "nvivo",
    "of_frame",
    "offsets",
    "offsets_by_code",
    "on_ratings",
    "only",
    "opened_documents",
    "opinions",
    "outliers",
    "passages",
    "qualcoder",
    "relevant",
    "results_paragraph",
    "set_agreement",
    "summary",
    "summary_text",
]
