"""Marks from other applications."""
