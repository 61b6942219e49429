"""The WSGI application: what `serve`, or any other WSGI server, runs."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvs_site.settings")

from videos.middleware.application import get_application

application = get_application()
