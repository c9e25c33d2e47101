"""Tests of autocode/formats/projects."""
