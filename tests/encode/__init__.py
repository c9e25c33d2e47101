"""Tests; they mirror src/autocode."""
