"""What several pages of the admin share."""

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

# Nobody pages further, and counting more would cost more than the page itself.
MAX_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts up to MAX_COUNTED rows. The rows after them are reached by searching and filtering."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows.order_by()[:MAX_COUNTED].count() if isinstance(rows, QuerySet) else len(rows)


class PlainViewers:
    """A select box of accounts, without the buttons that add, change or delete one."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)  # type: ignore[misc]
        if db_field.name == "viewer" and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field
