"""What all failures that people see have in common."""


class LibraryError(Exception):
    """Something cannot be done, for a reason outside the program; the message is a sentence for people.

    Each module raises a class of its own. Commands end with the message, tasks and pages show it.
    """
