"""What follows from a coefficient: intervals, verdicts, second opinions, corrected frequencies, planning."""
