"""Tests of autocode/agreement/coefficients."""
