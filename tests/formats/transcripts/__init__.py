"""Tests of autocode/formats/transcripts."""
