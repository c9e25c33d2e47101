"""Tables: long tables, coded segments of other programs, codebooks, participants."""
