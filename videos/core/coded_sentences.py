"""Reasons that are stored as a code, and said by commands and logs in an English sentence."""

from enum import Enum
from typing import Self


class CodedSentence(Enum):
    """A reason: its code, which the database holds, and its sentence."""

    code: str
    sentence: str

    def __new__(cls, code: str, sentence: str) -> Self:
        reason = object.__new__(cls)
        reason._value_ = reason.code = code
        reason.sentence = sentence
        return reason
