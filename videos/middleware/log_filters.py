"""What the log says of requests."""

import logging


class BriefRefusals(logging.Filter):
    """Logs a request that was refused in one line: where in the code it was refused is no news, and fills a disk."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
