"""Tests of autocode/formats/tables."""
