"""Tests of autocode/evaluate."""
