"""Tests of autocode/agreement/spans."""
