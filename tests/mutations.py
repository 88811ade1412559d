"""Break the project in twenty places, no two in one module, and see that a test fails each time.

`python -m tests.mutations` takes some minutes; `--only 7` tries one of them. All of it happens in a copy of the checkout.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers import GENERATED, ROOT

NODE = "tests/js/"


@dataclass(frozen=True)
class Mutation:
    """file, old, new: the file and the text in it, which stands there once, and what takes its place.

    test: what must fail then: a test of pytest's, or a file of tests/js and a test's name, with :: between them.
    """

    file: str
    old: str
    new: str
    test: str


MUTATIONS = (
    Mutation(
        "chat/answers/choice.py",
        "if any(map(_is_visible, parts)):",
        "if parts:",
        "tests/answers/test_choice.py::test_blank_bubbles_are_no_words",
    ),
    Mutation(
        "chat/answers/breaker.py",
        "min(2 * self._pause, LONGEST_PAUSE)",
        "2 * self._pause",
        "tests/answers/test_breaker.py::test_the_pause_grows_up_to_a_bound_and_begins_anew_after_an_answer",
    ),
    Mutation(
        "chat/connections/client_address.py",
        "entries[-trusted_proxies]",
        "entries[0]",
        "tests/test_ratelimit.py::test_the_address_that_counts",
    ),
    Mutation(
        "chat/connections/protocol.py",
        "not 0 <= seq <= MAX_SEQ",
        "not seq <= MAX_SEQ",
        "tests/connections/test_protocol.py::test_a_bad_frame_is_refused_as_its_example_says",
    ),
    Mutation(
        "chat/conversations/turns.py",
        "(turn.resumed and not await self._is_awaited(turn))",
        "turn.resumed",
        "tests/conversations/test_delivery.py::test_a_message_whose_turn_was_cut_off_is_answered_when_it_is_sent_again",
    ),
    Mutation(
        "chat/conversations/tokens.py",
        '"chat.visitor" if site is None else f"chat.visitor.{site}"',
        '"chat.visitor"',
        "tests/sites/test_sites.py::test_a_token_is_good_on_its_own_site_alone",
    ),
    Mutation(
        "chat/delivery/sockets.py",
        "if seq < self.status_at:",
        "if seq < 0:",
        "tests/delivery/test_sockets.py::test_a_status_of_the_past_is_not_told",
    ),
    Mutation(
        "chat/storage/batch.py",
        "if entry.kind == Kind.WELCOME and conversation.welcomed:",
        "if entry.kind == Kind.WELCOME and conversation.last_seq < 0:",
        "tests/storage/test_batch.py::test_a_conversation_is_welcomed_once",
    ),
    Mutation(
        "chat/storage/status.py",
        "Kind.MESSAGE: {**_STAYS, _CLOSED: _BOT},",
        "Kind.MESSAGE: _STAYS,",
        "tests/storage/test_batch.py::test_only_its_visitor_opens_a_closed_conversation",
    ),
    Mutation(
        "chat/storage/reader.py",
        'replies.order_by("-seq")',
        'replies.order_by("seq")',
        "tests/connections/test_conversation.py::test_the_last_fallback_is_not_repeated_when_there_is_another",
    ),
    Mutation(
        "chat/sites/origins.py",
        "return site if site.active else None",
        "return site",
        "tests/sites/test_sites.py::test_the_page_of_an_inactive_site_reads_what_to_do",
    ),
    Mutation(
        "chat/staff/transcripts.py",
        'r"(https?://|mailto:|tel:)"',
        'r"(\\w+:|mailto:|tel:)"',
        "tests/staff/test_transcripts.py::test_other_addresses_are_only_read",
    ),
    Mutation(
        "chat/server/limits.py",
        "if self._idle_frames > MAX_IDLE_FRAMES:",
        "if self._idle_frames < 0:",
        "tests/server/test_frames.py::test_a_flood_of_frames_without_a_message_is_ended",
    ),
    Mutation(
        "chat/ratelimit.py",
        "if wait > PATIENCE:",
        "if wait < 0:",
        "tests/test_ratelimit.py::test_a_connection_s_frames_over_the_limit_are_refused_with_a_longer_and_longer_wait",
    ),
    Mutation(
        "integrations/parts.py",
        "parts.scheme not in schemes or _INVISIBLE.search(url)",
        "_INVISIBLE.search(url)",
        "tests/integrations/test_parts.py::test_any_other_address_is_dropped",
    ),
    Mutation(
        "integrations/providers/wit/messages.py",
        "max(intents, key=_confidence)",
        "intents[-1]",
        "tests/integrations/providers/test_wit_messages.py::test_a_body_becomes_the_reply_that_its_fixture_expects",
    ),
    Mutation(
        "chatbot/secret.py",
        "ENV_FILE.write_text(text if found else",
        "ENV_FILE.write_text(text if text else",
        "tests/test_env.py::test_a_file_without_a_secret_key_gets_one",
    ),
    Mutation(
        "chat/static/chat/addresses.js",
        "schemes.includes(url.protocol) ?",
        "url ?",
        'tests/js/addresses.test.js::"javascript:alert(1)" may not be a link',
    ),
    Mutation(
        "chat/static/chat/connection.js",
        "Math.min(LONGEST_WAIT, 2 * FIRST_WAIT * 2 ** failures)",
        "2 * FIRST_WAIT * 2 ** failures",
        "tests/js/connection.test.js::the first wait is half a second to a second, and the longest thirty seconds",
    ),
    Mutation(
        "chat/static/chat/state.js",
        "if (last && seq > last + 1) break;",
        "if (last && seq > last + 2) break;",
        "tests/js/state.test.js::the last seq seen ends before a gap",
    ),
)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run_test(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    if not test.startswith(NODE):
        return run(folder, sys.executable, "-m", "pytest", "-x", test)
    file, _, name = test.partition("::")
    return run(folder, "node", "--test", f"--test-name-pattern=^{re.escape(name)}$", file)


def complaint(folder: Path, mutation: Mutation) -> str:
    """Why the mutation proves nothing; empty if its test passes without it and fails with it. The file is put back."""
    file = folder / mutation.file
    original = file.read_text()
    if original.count(mutation.old) != 1:
        return f"The file holds this {original.count(mutation.old)} times instead of once: {mutation.old}"
    if (done := run_test(folder, mutation.test)).returncode != 0:
        return f"{mutation.test} fails without a mutation:\n{done.stdout}{done.stderr}"
    file.write_text(original.replace(mutation.old, mutation.new))
    try:
        done = run_test(folder, mutation.test)
    finally:
        file.write_text(original)
    if done.returncode != 1:  # 0: it passes; pytest has other codes if it finds no such test
        return f"{mutation.test} doesn't fail, but ends with {done.returncode}, with this in the file: {mutation.new}"
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int, choices=range(1, len(MUTATIONS) + 1), metavar="N", help="which one of them")
    only = parser.parse_args().only
    complaints = []
    with tempfile.TemporaryDirectory(prefix="chat-mutations-") as parent:
        folder = Path(parent) / "copy"
        shutil.copytree(ROOT, folder, ignore=GENERATED)
        for number, mutation in enumerate(MUTATIONS, 1):
            if only in (None, number):
                said = complaint(folder, mutation)
                sys.stdout.write(f"{number:2} {mutation.file}: {said or 'noticed'}\n")
                sys.stdout.flush()
                complaints.append(said)
    sys.exit(any(complaints))


if __name__ == "__main__":
    main()
