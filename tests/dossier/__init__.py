"""Tests of autocode/dossier."""
