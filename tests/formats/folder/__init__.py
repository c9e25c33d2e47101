"""Tests of autocode/formats/folder."""
