"""Tests of autocode/model/transfer."""
