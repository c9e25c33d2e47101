"""Tests of member checking."""
