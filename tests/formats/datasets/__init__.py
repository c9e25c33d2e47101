"""Tests of autocode/formats/datasets."""
