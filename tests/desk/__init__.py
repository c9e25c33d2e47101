"""Tests of autocode/desk."""
