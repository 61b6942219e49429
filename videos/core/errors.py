"""The failures that people see."""


class LibraryError(Exception):
    """What the library cannot do now, and why, in a sentence: a command ends with it, and a page shows it."""
