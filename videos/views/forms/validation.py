"""What the forms share: validating a form, and checking tags and single lines of text."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.utils.translation import gettext, gettext_lazy

from videos.core.tag_names import tag_name_problem

# The largest id that every database can store.
MAX_ID = 2**63 - 1
NO_NULL = {"null_characters_not_allowed": gettext_lazy("A name cannot contain null characters.")}


def one_line(text: str) -> str:
    """Return the text with control characters, such as line breaks, replaced by spaces."""
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in text).split())


def check_tag(name: str) -> None:
    problem = tag_name_problem(name)
    if problem:
        raise forms.ValidationError(gettext("“%(name)s”: %(problem)s.") % {"name": name.strip(), "problem": problem})


def checked(form: forms.Form) -> dict[str, Any]:
    """Return the cleaned data of a form. Raises BadRequest with one sentence about the first error."""
    if not form.is_valid():
        raise BadRequest(first_error(form))
    return form.cleaned_data


def first_error(form: forms.Form) -> str:
    """Return one sentence about the first error of a form."""
    return next(str(messages[0]) for messages in form.errors.values())
