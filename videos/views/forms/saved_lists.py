"""The forms for saved lists."""

import unicodedata

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from videos.listing.query import GalleryQuery
from videos.models import (
    MAX_LIST_NAME_LENGTH,
    MAX_LIST_QUERY_LENGTH,
)
from videos.views.forms.validation import NO_NULL, one_line

_NOTHING_TO_SAVE = gettext_lazy("There is nothing to save. Choose a filter or search for something.")
_TOO_LONG_TO_SAVE = gettext_lazy("That is too much for one list. Remove some of the filters.")


class ListNameForm(forms.Form):
    """`name` of a saved list."""

    name = forms.CharField(
        max_length=MAX_LIST_NAME_LENGTH,
        error_messages={
            "required": gettext_lazy("A list needs a name."),
            "max_length": format_lazy(
                gettext_lazy("A list's name can have at most {most} characters."), most=MAX_LIST_NAME_LENGTH
            ),
            **NO_NULL,
        },
    )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        # A name of invisible characters only would be an invisible link.
        if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
            raise forms.ValidationError(gettext("A list needs a name."))
        return name


class ListQueryForm(forms.Form):
    """`query`: the address of a list, or its query string. Cleaned to the form in which it is saved."""

    query = forms.CharField(
        max_length=8000,
        error_messages={"required": _NOTHING_TO_SAVE, "max_length": _TOO_LONG_TO_SAVE, **NO_NULL},
    )

    def clean_query(self) -> str:
        address = self.cleaned_data["query"].partition("#")[0]
        query = GalleryQuery.of(QueryDict(address.rpartition("?")[2].encode(errors="replace"))).saved()
        if not query:
            raise forms.ValidationError(_NOTHING_TO_SAVE)
        if len(query) > MAX_LIST_QUERY_LENGTH:
            raise forms.ValidationError(_TOO_LONG_TO_SAVE)
        return query


class SmartListForm(ListNameForm, ListQueryForm):
    """`name` and `query` of a list to save; `replace` if an existing list of that name may be replaced."""

    replace = forms.BooleanField(required=False)


class MoveForm(forms.Form):
    """`way`: up or down."""

    way = forms.TypedChoiceField(
        choices=[("up", "up"), ("down", "down")],
        coerce=lambda way: {"up": -1, "down": 1}[way],
        error_messages=dict.fromkeys(("required", "invalid_choice"), gettext_lazy("A list can move up or down.")),
    )
