"""Tests of autocode/cli."""
