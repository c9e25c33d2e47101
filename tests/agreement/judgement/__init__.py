"""Tests of autocode/agreement/judgement."""
