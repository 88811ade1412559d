"""The turns of all conversations. A turn asks for the reply to a stored message, stores the reply and delivers it.

Turns belong to the process, not to a connection: visitors who leave find the reply when they return. Turns of one
conversation run one after the other, those of different conversations at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Coroutine, Iterable
from typing import Any

from chat.answers.answerer import Answerer, Turn
from chat.delivery.publisher import Publisher
from chat.logs import log_unexpected
from chat.models import Sender, Status
from chat.storage.entries import ConversationRef, Entry, NotStored, Repeat, Result, Stored, Unstorable
from chat.storage.reader import Reader, Unanswered
from chat.storage.status import Kind
from chat.storage.writer import Writer
from chat.values import Refused, StoredMessage, Typing

logger = logging.getLogger(__name__)

MAX_QUEUED = 20
"""Messages of one conversation that may wait for their turn."""
LOOK_AGAIN = 0.2
"""Seconds between two checks whether another process has answered."""


class Turns:
    """`deadline`: seconds that a turn has, from the stored message to its reply."""

    def __init__(self, *, answerer: Answerer, writer: Writer, reader: Reader, publisher: Publisher, deadline: float) -> None:
        self._answerer = answerer
        self._writer = writer
        self._reader = reader
        self._publisher = publisher
        self._deadline = deadline
        self._queues: dict[str, deque[Turn]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slow: set[str] = set()
        self._news: dict[str, asyncio.Event] = {}  # of conversations whose turn waits for another process

    def is_full(self, public_id: str) -> bool:
        """Whether no more messages of the conversation may wait."""
        return len(self._queues.get(public_id, ())) >= MAX_QUEUED

    def has(self, public_id: str, key: int) -> bool:
        """Whether the turn of a message waits or runs in this process."""
        return any(turn.key == key for turn in self._queues.get(public_id, ()))

    def is_slow(self, public_id: str) -> bool:
        """Whether the visitor has been told that the bot is typing, and the reply hasn't come yet."""
        return public_id in self._slow

    def welcome(self, conversation: ConversationRef) -> None:
        """Have the visitor greeted. A call of the provider is reserved for it."""
        self._queue(Turn(conversation=conversation, until=self._until(), has_call=True))

    def take(self, entry: Entry, stored: Stored, *, has_call: bool | None = None) -> None:
        """Queue the turn of a message that has just been stored. If the message's turn is queued already, or an operator has
        the conversation, do nothing."""
        if stored.status == Status.OPERATOR:
            return
        self._queue(
            Turn(
                conversation=entry.conversation,
                until=self._until(),
                text=entry.text,
                key=stored.key,
                seq=stored.seq,
                client_id=entry.client_id,
                moved=stored.moved,
                has_call=has_call,
                returned=stored.returned,
                misses=stored.misses,
                told_at=stored.told_at,
            )
        )

    def resume(self, conversation: ConversationRef, message: Unanswered) -> None:
        """Start a turn again that was cut off when a process ended, unless it waits or runs here."""
        self._queue(_resumed(conversation, message, self._until()))

    def settle(self, public_id: str) -> None:
        """An operator has taken the conversation: call the provider no more, and show no typing. The reply to a call that
        is under way will be refused."""
        self._slow.discard(public_id)
        for turn in self._queues.get(public_id, ()):
            turn.is_settled = True

    def on_late(self, entry: Entry, result: Stored | Repeat) -> None:
        """The entry was stored after its caller had given up. It is treated like any other."""
        if isinstance(result, Stored) and entry.kind == Kind.MESSAGE:
            self.take(entry, result)
        if result.status == Status.OPERATOR:
            self.settle(entry.conversation.public_id)
        seq = result.seq if isinstance(result, Stored) else result.last_seq
        self._start(self._publisher.announce(entry.conversation.public_id, seq, result.status))

    def hear(self, public_ids: Iterable[str]) -> None:
        """Another process has stored something in these conversations, such as the reply that a turn waits for."""
        for public_id in public_ids:
            if public_id in self._news:
                self._news[public_id].set()

    def running(self) -> set[asyncio.Task[None]]:
        """The tasks that must end before the process may end."""
        return {*self._tasks, *self._running.values()}

    def _until(self) -> float:
        return time.monotonic() + self._deadline

    def _queue(self, turn: Turn) -> None:
        """Run the turn, or queue it behind the conversation's others. Each message has only one turn."""
        public_id = turn.conversation.public_id
        if turn.key is not None and self.has(public_id, turn.key):
            return
        if public_id in self._queues:
            self._queues[public_id].append(turn)
            return
        self._queues[public_id] = deque([turn])
        self._running[public_id] = asyncio.create_task(self._run(public_id))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, public_id: str) -> None:
        turns = self._queues[public_id]
        try:
            while turns:
                try:
                    if turns[0].moved and not turns[0].is_settled:
                        await self._let_others_first(turns)
                    await self._answer(turns[0])
                except NotStored:
                    await self._excuse(turns[0], "try_again")
                except Exception as error:  # noqa: BLE001 - the next turn must run in any case
                    log_unexpected(error)
                    await self._excuse(turns[0], "internal")
                turns.popleft()
        finally:
            del self._queues[public_id], self._running[public_id]

    async def _let_others_first(self, turns: deque[Turn]) -> None:
        """Wait for earlier turns in other processes. If they don't end in time, their process may have ended, so run them
        here. No event says for certain that a process has ended."""
        turn = turns[0]
        turn.moved = False
        waits_until = turn.until - self._deadline / 2
        public_id = turn.conversation.public_id
        news = self._news[public_id] = asyncio.Event()
        try:
            while others := await self._reader.unanswered_before(public_id, turn.seq, self._deadline):
                if time.monotonic() > waits_until:
                    turns.extendleft(_resumed(turn.conversation, message, turn.until) for message in reversed(others))
                    break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), LOOK_AGAIN)
                news.clear()
        finally:
            del self._news[public_id]

    async def _excuse(self, turn: Turn, code: str) -> None:
        """The reply could not be stored. If the visitor sends the message again, its turn starts again."""
        if turn.client_id is not None:
            await self._publisher.send(turn.conversation.public_id, Refused(code, id=turn.client_id))

    async def _answer(self, turn: Turn) -> None:
        public_id = turn.conversation.public_id
        if turn.is_settled or (turn.resumed and not await self._is_awaited(turn)):
            return
        reply = await self._reply(turn)
        if reply is None:
            return
        entry, result = reply
        if isinstance(result, Stored):
            for other in self._queues[public_id]:
                other.misses, other.told_at = result.misses, result.told_at
            message = message_of(entry, result, in_reply_to=turn.client_id)
            await self._publisher.publish(public_id, message, result.status)
        elif isinstance(result, Repeat):  # another process answered first, or we did without a confirmed commit
            await self._publisher.announce(public_id, result.last_seq, result.status)
        else:
            logger.info("A reply wasn't stored: %s.", result.reason.value)

    async def _reply(self, turn: Turn) -> tuple[Entry, Result] | None:
        """Ask, choose and store. An adapter is anybody's code. Whatever its answer breaks on this way, the visitor gets the
        fallback reply for `internal`."""
        public_id = turn.conversation.public_id
        try:
            entry = await self._answerer.answer(turn, lambda: self._show_typing(turn))
            return None if turn.is_settled or entry is None else (entry, await self._writer.write(entry, self.on_late))
        except Unstorable:
            pass  # the batch has logged it
        except NotStored:
            raise
        except Exception as error:  # noqa: BLE001 - see above
            log_unexpected(error)
            self._answerer.note_crash(error)
        finally:
            self._slow.discard(public_id)
        entry = None if turn.is_settled else await self._answerer.apologise(turn)
        return None if entry is None else (entry, await self._writer.write(entry, self.on_late))

    async def _is_awaited(self, turn: Turn) -> bool:
        """Whether the message still awaits its reply. If not, send the visitor the messages that came since."""
        state = await self._reader.state(turn.conversation.public_id)
        if state is None or turn.seq in state.awaiting:
            return state is not None
        await self._publisher.bring_up_to_date({turn.conversation.public_id: (state.seq, state.status)})
        return False

    def _show_typing(self, turn: Turn) -> None:
        if not turn.is_settled:
            self._slow.add(turn.conversation.public_id)
            self._start(self._publisher.show(turn.conversation.public_id, Typing(Sender.BOT)))


def _resumed(conversation: ConversationRef, message: Unanswered, until: float) -> Turn:
    return Turn(
        conversation=conversation,
        until=until,
        text=message.text,
        key=message.key,
        seq=message.seq,
        client_id=message.client_id,
        returned=message.returned,
        misses=message.misses,
        told_at=message.told_at,
        resumed=True,
    )


def message_of(entry: Entry, stored: Stored, *, in_reply_to: str | None = None) -> StoredMessage:
    """The entry as a value."""
    return StoredMessage(
        seq=stored.seq,
        sender=entry.sender,
        text=entry.text,
        at=stored.at,
        parts=entry.parts,
        id=entry.client_id if entry.kind == Kind.MESSAGE else None,
        in_reply_to=in_reply_to,
        name=entry.name,
        intent=entry.intent,
        outcome=entry.outcome,
        confidence=entry.confidence,
    )
