"""The form for the name of a tag."""

from django import forms
from django.utils.translation import gettext_lazy

from videos.core.tag_names import clean_tag_name
from videos.views.forms.validation import NO_NULL, check_tag


class TagNameForm(forms.Form):
    """`name` of a tag, cleaned to the form in which it is stored."""

    name = forms.CharField(
        max_length=300,
        error_messages={
            "required": gettext_lazy("A tag cannot be empty."),
            "max_length": gettext_lazy("This tag is too long."),
            **NO_NULL,
        },
    )

    def clean_name(self) -> str:
        check_tag(self.cleaned_data["name"])
        return clean_tag_name(self.cleaned_data["name"])
