"""Lists that a viewer saved."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy

MAX_LIST_NAME_LENGTH = 100

MAX_LIST_QUERY_LENGTH = 2000


class SmartListQuerySet(models.QuerySet["SmartList"]):
    def of(self, viewer: Any) -> "SmartListQuerySet":
        """Return the lists that a viewer saved, in the viewer's order."""
        return self.filter(viewer=viewer)

    def named(self, viewer: Any, name: str) -> "SmartList | None":
        return self.of(viewer).filter(name=name).first()

    def keep(self, viewer: Any, name: str, query: str) -> "SmartList":
        """Save a list under a name: replace the one of that name, or append it. Call it in a transaction."""
        known = self.named(viewer, name)
        if known is None:
            last = self.of(viewer).aggregate(last=Max("position"))["last"]
            return self.create(viewer_id=viewer.pk, name=name, query=query, position=0 if last is None else last + 1)
        known.query = query
        known.save(update_fields=["query"])
        return known

    def move(self, viewer: Any, list_id: int, step: int) -> None:
        """Swap a viewer's list with the next one (1) or the previous one (-1). Call it in a transaction."""
        ids = list(self.of(viewer).values_list("pk", flat=True))
        here = ids.index(list_id) if list_id in ids else -1
        if here >= 0 and 0 <= here + step < len(ids):
            ids[here], ids[here + step] = ids[here + step], ids[here]
            self.put_in_order(viewer, ids)

    def put_in_order(self, viewer: Any, ids: Iterable[int]) -> None:
        """Move these lists of a viewer to the front, in this order. Call it in a transaction."""
        wanted = {list_id: place for place, list_id in enumerate(dict.fromkeys(ids))}
        lists = sorted(self.of(viewer), key=lambda one: wanted.get(one.pk, len(wanted)))
        for position, one in enumerate(lists):
            one.position = position
        self.model._default_manager.bulk_update(lists, ["position"])


class SmartList(models.Model):
    """A saved query under a name. Its content follows the library."""

    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, verbose_name=gettext_lazy("viewer")
    )
    name = models.CharField(gettext_lazy("name"), max_length=MAX_LIST_NAME_LENGTH)
    query = models.CharField(
        gettext_lazy("query"),
        max_length=MAX_LIST_QUERY_LENGTH,
        blank=True,
        help_text=gettext_lazy("The address after its question mark."),
    )
    position = models.PositiveIntegerField(gettext_lazy("position"), default=0)

    objects = SmartListQuerySet.as_manager()

    class Meta:
        default_related_name = "smart_lists"
        verbose_name, verbose_name_plural = gettext_lazy("smart list"), gettext_lazy("smart lists")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["viewer", "name"], name="smart_list_once"),
            models.CheckConstraint(condition=~Q(name=""), name="smart_list_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('gallery')}?{self.query}"
