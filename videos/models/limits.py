"""Bounds of columns, shared by several models and by readers of their values."""

# The largest integer that both databases store.
MAX_COUNT = 2**63 - 1
MAX_FILENAME_LENGTH = 4096
MAX_PROBLEM_LENGTH = 300
