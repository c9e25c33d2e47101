"""Agreement on passages of free length: characters, boundaries, unitizing, alignments."""
