"""The bounds of columns that several models, and the readers of their values, share."""

# The largest whole number that both databases store.
MAX_COUNT = 2**63 - 1
MAX_FILENAME_LENGTH = 4096
MAX_PROBLEM_LENGTH = 300
