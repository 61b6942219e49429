"""The storage of static files."""

import os
from contextlib import suppress
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names once `serve` has collected the files; until then the plain names.

    So pages work in every process, whether the files are collected or not: another WSGI server, a test, a shell.
    """

    # Modules import each other by hashed names, so that a new one never gets an old one from the browser's cache.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name

    def _save(self, name: str, content: Any) -> str:
        """Write the complete file or none: half a file would later count as up to date."""
        path = self.path(name)
        draft = f"{path}.part"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(draft, "wb") as file:
                file.writelines(chunk if isinstance(chunk, bytes) else chunk.encode() for chunk in content.chunks())
            os.replace(draft, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            error.filename = error.filename or path
            raise
        return name
