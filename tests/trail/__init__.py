"""Tests of autocode/trail."""
