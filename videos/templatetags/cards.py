"""The cards of a grid, for templates (videos/presentation/cards.py)."""

from django import template

from videos.presentation import cards

register = template.Library()
register.filter(cards.is_seen_first)
register.simple_tag(cards.picture)
register.simple_tag(cards.card, takes_context=True)
