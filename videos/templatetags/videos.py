"""Registers the template filters of videos/presentation/."""

from django import template

from videos.presentation import formatting, problem_messages, status_messages, work_error_messages

register = template.Library()

for word in (
    formatting.videos,
    formatting.views,
    formatting.files,
    formatting.all_bytes,
    formatting.stars_counted,
    formatting.of_five,
    formatting.and_more,
    formatting.which_page,
    formatting.files_done,
    status_messages.translate_status,
    work_error_messages.translate_error,
    formatting.marked_reason,
    formatting.stars,
    formatting.undoable_action,
    formatting.clock,
    formatting.at,
    formatting.stopped_at,
    formatting.watched_up_to,
    formatting.written,
    formatting.of,
    formatting.is_new,
    formatting.ago,
    formatting.hue,
    formatting.trouble,
    formatting.roughly,
    formatting.per_second,
    formatting.bit_rate,
    formatting.frame_rate,
    formatting.channels,
    formatting.language,
    formatting.hours,
):
    register.filter(word)
for word_for_a_date in (
    formatting.exactly,
    formatting.iso,
    formatting.added_on,
    formatting.watched_on,
    formatting.month,
    formatting.whole_month,
):
    register.filter(word_for_a_date.__name__, word_for_a_date, expects_localtime=True)
register.filter("reason", problem_messages.translate_problem)
