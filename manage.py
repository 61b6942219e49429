#!/usr/bin/env python
"""The command line of Local Video Server."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python says so here, and not by a traceback
        sys.exit("Error: Local Video Server needs Python 3.11 or newer.")
    try:
        import fcntl  # noqa: F401  the locks and gunicorn are made of it
    except ImportError:
        sys.exit(
            "Error: Local Video Server runs on Linux and macOS. On Windows it runs in WSL: `wsl --install`, then, in"
            " the Ubuntu window, `make run VIDEOS=/mnt/c/Users/NAME/Videos` in this folder."
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvs_site.settings")
    try:
        import django
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError
    except ImportError:
        sys.exit("Error: Django is not installed here. `make run` sets everything up; see README.md.")
    try:
        django.setup()
        from videos.management.old_app import bring_over_before

        bring_over_before(sys.argv)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A wrong LVS_* value is the user's to mend: one line, no traceback.
        sys.exit(f"Error: {error}")
    except (DatabaseError, OSError) as error:
        # A full disk, a missing permission: the same for Django's own commands.
        from videos.presentation.failure_messages import line_about

        line = line_about(error)
        if line is None:
            raise
        sys.exit(f"Error: {line}")


if __name__ == "__main__":
    main()
