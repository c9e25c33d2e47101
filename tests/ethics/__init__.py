"""Tests of autocode/ethics."""
