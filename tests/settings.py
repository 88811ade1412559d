"""The site's settings for tests: nothing from .env, nothing from the environment of whoever runs them."""

import os
import tempfile
from pathlib import Path

_example = Path(__file__).resolve().parent.parent / ".env.example"
for _line in _example.read_text().splitlines():
    os.environ.pop(_line.split("=")[0], None)
os.environ["ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "tests"

from chatbot.settings import *  # noqa: E402, F403
from chatbot.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

# A file, since a database in memory is not shared by the threads that write and read.
DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"chat-tests-{os.getpid()}.sqlite3")}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
STATIC_ROOT.mkdir(exist_ok=True)  # a fresh clone has collected nothing yet, of which whitenoise warns
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
