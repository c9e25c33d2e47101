"""Faults and bad inputs, through the verbs that people use."""
