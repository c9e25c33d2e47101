"""Projects of other programs: REFI-QDA, QualCoder, Taguette, RQDA."""
