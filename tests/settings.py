"""The project's settings on folders of their own: a test run touches nobody's library."""

import atexit
import os
import shutil
import tempfile

for name in [name for name in os.environ if name.startswith("LVS_")]:
    del os.environ[name]
os.environ["LVS_DATA_DIR"] = tempfile.mkdtemp(prefix="lvs-tests-")
# By this name and no other: under the real settings the data folder is somebody's library.
atexit.register(shutil.rmtree, os.environ["LVS_DATA_DIR"], ignore_errors=True)
os.makedirs(os.path.join(os.environ["LVS_DATA_DIR"], "generated", "static"))
os.environ["LVS_VIDEO_DIR"] = os.path.join(os.environ["LVS_DATA_DIR"], "media")

from lvs_site.settings import *  # noqa: E402, F403
from lvs_site.settings import DATABASES, STORAGES  # noqa: E402

# A file, as in real life: WAL, locks and several connections mean nothing in memory.
DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["LVS_DATA_DIR"], "test_metadata.db")}
# Hashed names need collectstatic, which `serve` runs; its tests start the real one.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each client of a test would make the list of all static files anew.
WHITENOISE_USE_FINDERS = False
