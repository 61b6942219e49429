"""Where static files are kept and under which names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed names once `serve` has collected the files; until then each file under its own name.

    So a page works in every process that loads the project, collected or not: another WSGI server, a test, a shell.
    """

    # Modules import each other by hashed names, too: a new one beside an old one from the browser's cache fits badly.
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name
