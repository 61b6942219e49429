"""Filters for the log of requests."""

import logging


class BriefRefusals(logging.Filter):
    """Logs a refused request (4xx) without a traceback, which says nothing new and fills the disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
