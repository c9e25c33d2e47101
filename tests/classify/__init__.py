"""Tests of classify, file by file."""
