"""The site's settings for tests. Nothing comes from .env or from the environment, except TEST_DATABASE_URL: a database to
use instead of an SQLite file."""

import os
import tempfile
from pathlib import Path

_example = Path(__file__).resolve().parent.parent / ".env.example"
for _line in _example.read_text().splitlines():
    os.environ.pop(_line.split("=")[0], None)
os.environ["ENV_FILE"] = os.devnull
os.environ["SECRET_KEY"] = "tests"
if "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from chatbot.settings import *  # noqa: E402, F403
from chatbot.settings import DATABASES, LOGGING, STATIC_ROOT, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, since a database in memory is not shared by the threads that write and read.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"chat-tests-{os.getpid()}.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}
LOGGING["handlers"]["console"]["filters"] = []  # type: ignore[index]  # it counts lines, also those of other tests
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True  # it looks at no files at the start, which another test may be collecting at that moment
STATIC_ROOT.mkdir(exist_ok=True)  # a fresh clone has collected nothing yet, of which whitenoise warns
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
