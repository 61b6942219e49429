"""Autocomplete fields: a value from an address or a form that is no id selects nothing."""

import re
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest

# Every database can store numbers of eighteen digits.
_ID = re.compile("[0-9]{1,18}")


class _SelectsIds:
    """Django's widget looks up whatever the address says (`?video=abc`), and fails if it is no number."""

    def optgroups(self, name: str, value: list[Any], attr: dict[str, Any] | None = None) -> Any:
        ids = [each for each in value if _ID.fullmatch(str(each))]
        return super().optgroups(name, ids, attr)  # type: ignore[misc]


class _SelectOne(_SelectsIds, AutocompleteSelect):  # type: ignore[misc]
    pass


class _SelectMany(_SelectsIds, AutocompleteSelectMultiple):  # type: ignore[misc]
    pass


class AutocompleteByIds:
    """For an admin with `autocomplete_fields`."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **self._with(_SelectOne, db_field, request, options))  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **self._with(_SelectMany, db_field, request, options)
        )

    def _with(self, widget: Any, db_field: Any, request: HttpRequest, options: dict[str, Any]) -> dict[str, Any]:
        admin: Any = self
        if db_field.name in admin.get_autocomplete_fields(request):
            options.setdefault("widget", widget(db_field, admin.admin_site, using=options.get("using")))
        return options
