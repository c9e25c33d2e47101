"""Coefficients as plain functions over arrays: two coders, many coders, categories, sets of codes."""
