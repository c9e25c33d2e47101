"""What follows from a coefficient: intervals, verdicts with their planning, second opinions, corrected frequencies."""
