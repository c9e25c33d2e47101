"""Tests of autocode/study."""
