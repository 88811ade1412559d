"""`python -m chatbot.secret`: write a random secret key into .env, unless it or the environment has one."""

import os
import re
import secrets
import sys
from pathlib import Path

from chatbot.envfile import UnreadableFile, read

ENV_FILE = Path(__file__).resolve().parent.parent / ".env"


def main() -> None:
    try:
        text = read(ENV_FILE)
    except UnreadableFile as error:
        sys.exit(str(error))
    if os.environ.get("SECRET_KEY") or re.search(r"^SECRET_KEY=.*\S", text, re.MULTILINE):
        return
    line = f"SECRET_KEY={secrets.token_urlsafe(50)}"
    text, found = re.subn(r"^SECRET_KEY=\s*?$", line, text, count=1, flags=re.MULTILINE)
    ENV_FILE.write_text(text if found else f"{text.rstrip()}\n{line}\n".lstrip(), encoding="utf-8")
    sys.stdout.write("Wrote a fresh SECRET_KEY into .env.\n")


if __name__ == "__main__":
    main()
