"""Tests of several studies."""
