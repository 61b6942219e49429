"""Tags, and the totals of their videos."""

from collections.abc import Iterable
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Case, Func, Q, When
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy

from videos.core import tag_names
from videos.core.folding import letters_of
from videos.core.tag_names import fold_tag_name

# A text with fewer letters, such as "c++", is searched as it is written.
_MIN_LETTERS = 2


class NameKey(Func):
    """The sort key of a name (videos/core/sort_keys.py). PostgreSQL uses its own collation."""

    function, output_field = "LOWER", models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="videos_name_key", **context)


class _Letters(Func):
    """Only the letters and digits of a name, folded. On PostgreSQL it only lowers the case."""

    function, output_field = "LOWER", models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="videos_letters", **context)


class TagNameField(models.CharField):
    """A tag's name, cleaned on every way in: forms, saves, bulk inserts and lookups."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return tag_names.clean_tag_name(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        name = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, name)
        return name


class FoldedNameField(models.CharField):
    """The key that makes tag names unique without regard to case, derived from `name` at each save."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        folded = tag_names.fold_tag_name(cast(Tag, model_instance).name)
        setattr(model_instance, self.attname, folded)
        return folded


def validate_tag_name(name: str) -> None:
    problem = tag_names.tag_name_problem(name)
    if problem:
        raise ValidationError(f"{problem[0].upper()}{problem[1:]}.")


class TagQuerySet(models.QuerySet["Tag"]):
    def get_by_natural_key(self, name: str) -> "Tag":
        return self.get(folded_name=fold_tag_name(name))

    def update(self, **values: Any) -> int:
        """Update like any queryset; a new name also updates the key."""
        if "name" in values:
            if not isinstance(values["name"], str):
                raise TypeError("a tag's key is made from its name: give the name as a text, or save each tag")
            values["folded_name"] = fold_tag_name(values["name"])
        return super().update(**values)

    def unused(self) -> "TagQuerySet":
        return self.filter(videos=None)

    def used(self) -> "TagQuerySet":
        """Return the tags of videos that are not missing."""
        return self.filter(total__videos__gt=0)

    def with_totals(self) -> "TagQuerySet":
        """Fetch the total of each tag in the same query."""
        return self.select_related("total")

    def containing(self, text: str) -> "TagQuerySet":
        """Return the tags whose name contains a text, regardless of case, signs and accents."""
        if not text:
            return self
        as_written, letters = Q(folded_name__contains=fold_tag_name(text) or text), letters_of(text)
        if len(letters) < _MIN_LETTERS or connection.vendor != "sqlite":
            return self.filter(as_written)
        return self.alias(letters=_Letters("name")).filter(as_written | Q(letters__contains=letters))

    def in_order(self, sort: str, *, descending: bool) -> "TagQuerySet":
        """Return the tags sorted by "name", or by the total of their videos: "videos", "hours" or "size"."""
        column = {"videos": "total__videos", "hours": "total__milliseconds", "size": "total__size_bytes"}.get(sort)
        sign = "-" if descending else ""
        if column:
            return self.order_by(f"{sign}{column}", NameKey("name"), "folded_name")
        by_name = NameKey("name")
        return self.order_by(by_name.desc() if descending else by_name.asc(), f"{sign}folded_name")

    def with_names(self, names: Iterable[str]) -> "TagQuerySet":
        """Return the existing tags with these names, in any case."""
        return self.filter(folded_name__in=[fold_tag_name(name) for name in names])

    def suggested(self, text: str) -> "TagQuerySet":
        """Return the tags that contain a text in any spelling, those that start with it first."""
        begins = Case(When(folded_name__startswith=fold_tag_name(text) or text, then=0), default=1)
        return self.containing(text).order_by(begins, NameKey("name"), "folded_name")

    def get_or_create_many(self, names: Iterable[str]) -> list["Tag"]:
        """Return the tags with these names in any case, in this order, each once. Missing tags are created."""
        wanted: dict[str, str] = {}
        for name in names:
            wanted.setdefault(fold_tag_name(name), name)
        self.bulk_create(
            [self.model(name=wanted[key]) for key in wanted.keys() - set(self._by_key(wanted))], ignore_conflicts=True
        )
        found = self._by_key(wanted)
        return [found[key] for key in wanted]

    def _by_key(self, keys: Iterable[str]) -> dict[str, "Tag"]:
        return {tag.folded_name: tag for tag in self.filter(folded_name__in=list(keys))}


class Tag(models.Model):
    # SQLite folds only ASCII letters, so the case-insensitive key is a column of its own.
    name = TagNameField(gettext_lazy("name"), max_length=tag_names.MAX_LENGTH, validators=[validate_tag_name])
    folded_name = FoldedNameField(max_length=3 * tag_names.MAX_LENGTH, unique=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = [NameKey("name"), "folded_name"]
        verbose_name, verbose_name_plural = gettext_lazy("tag"), gettext_lazy("tags")
        constraints = [models.CheckConstraint(condition=~Q(name="") & ~Q(folded_name=""), name="tag_name_not_empty")]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "folded_name"}
        super().save(update_fields=update_fields, **options)

    def natural_key(self) -> tuple[str]:
        return (self.name,)

    @property
    def slug(self) -> str:
        """Return "north-sea-12": the id makes it unique. "12" for a name without letters."""
        return f"{slugify(self.name, allow_unicode=True)}-{self.pk}".lstrip("-")

    def get_absolute_url(self) -> str:
        return reverse("tag_page", args=[self.slug])

    def clean(self) -> None:
        same = Tag.objects.filter(folded_name=tag_names.fold_tag_name(self.name or "")).exclude(pk=self.pk)
        if same.exists():
            raise ValidationError(
                {
                    "name": gettext("The tag “%(name)s” already exists; tags ignore upper and lower case.")
                    % {"name": same[0].name}
                }
            )


class TagTotal(models.Model):
    """The totals of a tag's videos that are not missing. Triggers update them (db/triggers/tag_counters.py)."""

    tag = models.OneToOneField(Tag, on_delete=models.CASCADE, primary_key=True, related_name="total")
    videos = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0, help_text="The duration of all of them.")
    size_bytes = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.videos} videos of {self.tag_id}"
