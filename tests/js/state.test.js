import assert from "node:assert/strict";
import test from "node:test";

import { parse } from "../../chat/static/chat/protocol.js";
import { arrived, initial, lastSeen, reduce, unread, waiting } from "../../chat/static/chat/state.js";
import { ready, stored } from "./fakes.js";

const frame = (fields) => ({ type: "frame", frame: parse(JSON.stringify(fields)) });
const message = (...args) => frame({ type: "message", ...stored(...args) });
const say = (id, text = id) => ({ type: "say", id, text, at: "2026-01-02T03:04:05.678Z" });
const after = (...actions) => actions.reduce(reduce, initial);
const shown = (state) => state.messages.map(({ seq, text, state: sent }) => [seq, text, sent]);
const REFUSED = { type: "error", code: "too_long", message: "Shorten it.", temporary: false, id: "a" };

test("the visitor's words are shown at once, and acknowledged later", () => {
  const sending = after(frame(ready()), say("a"));
  assert.deepEqual(shown(sending), [[null, "a", "sending"]]);
  assert.deepEqual(shown(reduce(sending, frame({ type: "ack", id: "a", seq: 1 }))), [[1, "a", "sent"]]);
});

test("messages are ordered by seq, and what is being sent comes last", () => {
  const state = after(
    frame(ready()),
    say("a"),
    message(3, "three"),
    message(1, "one"),
    say("b"),
    frame({ type: "ack", id: "a", seq: 2 }),
  );
  assert.deepEqual(shown(state), [[1, "one", "sent"], [2, "a", "sent"], [3, "three", "sent"], [null, "b", "sending"]]);
});

test("a message that comes twice is shown once", () => {
  const state = after(frame(ready()), message(1, "one"), message(1, "one"));
  assert.deepEqual(shown(state), [[1, "one", "sent"]]);
});

test("one's own message that comes back as a message is the same bubble", () => {
  const state = after(
    frame(ready()),
    say("a"),
    message(1, "a", { sender: "visitor", id: "a" }),
    frame({ type: "ack", id: "a", seq: 1 }),
  );
  assert.deepEqual(shown(state), [[1, "a", "sent"]]);
  assert.equal(state.messages[0].key, "a");
});

test("what was missed is merged after a resume", () => {
  const state = after(
    frame(ready()), message(1, "one"), say("a"),
    frame(ready({ messages: [stored(2, "a", { sender: "visitor", id: "a" }), stored(3, "three")] })),
  );
  assert.deepEqual(shown(state), [[1, "one", "sent"], [2, "a", "sent"], [3, "three", "sent"]]);
});

test("a new conversation clears the old one but keeps what still has to be sent", () => {
  const state = after(
    frame(ready()),
    message(1, "one"),
    say("a"),
    frame(ready({ resumed: false, conversation: "conversation-2" })),
  );
  assert.deepEqual(shown(state), [[null, "a", "sending"]]);
});

test("a conversation that another tab began replaces the one shown", () => {
  const state = after(
    frame(ready()),
    message(1, "one"),
    frame(ready({ conversation: "conversation-2", messages: [stored(1, "other")] })),
  );
  assert.deepEqual(shown(state), [[1, "other", "sent"]]);
});

test("where more was missed than one page holds, the log begins again with that page", () => {
  const state = after(
    frame(ready()),
    message(1, "one"),
    frame(ready({ messages: [stored(61, "late")], more: true })),
  );
  assert.deepEqual(shown(state), [[61, "late", "sent"]]);
  assert.equal(state.more, true);
});

test("a resume says nothing about what came before the first message", () => {
  const state = after(
    frame(ready({ messages: [stored(51, "one")], more: true })),
    frame(ready({ messages: [stored(52, "two")], more: false })),
  );
  assert.equal(state.more, true);
});

test("an older page goes before the rest", () => {
  const state = after(
    frame(ready({ messages: [stored(51, "new")], more: true })),
    { type: "earlier" },
    frame({ type: "history", messages: [stored(49, "a"), stored(50, "b")], more: false }),
  );
  assert.deepEqual(shown(state), [[49, "a", "sent"], [50, "b", "sent"], [51, "new", "sent"]]);
  assert.equal(state.more, false);
  assert.equal(state.loadingEarlier, false);
});

test("the last seq seen ends before a gap", () => {
  const seqs = (...list) => list.map((seq) => ({ seq }));
  assert.equal(lastSeen([]), 0);
  assert.equal(lastSeen(seqs(51, 52, null, 53, null)), 53);
  assert.equal(lastSeen(seqs(1, 2, 4, 5)), 2);
});

test("a refused message fails in its place, with the reason", () => {
  const state = after(frame(ready()), message(1, "one"), say("a"), frame(REFUSED), message(2, "two"));
  assert.deepEqual(shown(state), [[1, "one", "sent"], [null, "a", "failed"], [2, "two", "sent"]]);
  assert.deepEqual(state.messages[1].error, { code: "too_long", temporary: false });
});

test("a refused message can be taken back", () => {
  assert.deepEqual(shown(after(frame(ready()), say("a"), frame(REFUSED), { type: "discard", id: "a" })), []);
});

test("a message that is tried again goes to the end", () => {
  const state = after(
    frame(ready()),
    say("a"),
    { type: "unacknowledged", id: "a" },
    message(1, "one"),
    { type: "retry", id: "a" },
  );
  assert.deepEqual(shown(state), [[1, "one", "sent"], [null, "a", "sending"]]);
});

test("a message whose reply could not be stored fails although it was acknowledged, and keeps its place", () => {
  const state = after(
    frame(ready()),
    say("a"),
    frame({ type: "ack", id: "a", seq: 1 }),
    frame({ ...REFUSED, temporary: true }),
    message(2, "two"),
  );
  assert.deepEqual(shown(state), [[1, "a", "failed"], [2, "two", "sent"]]);
});

test("a late acknowledgement mends a message that was given up", () => {
  const state = after(
    frame(ready()),
    say("a"),
    { type: "unacknowledged", id: "a" },
    frame({ type: "ack", id: "a", seq: 1 }),
  );
  assert.deepEqual(shown(state), [[1, "a", "sent"]]);
  assert.equal(state.messages[0].error, null);
});

test("only what was not acknowledged is sent again, not what was refused", () => {
  const state = after(
    frame(ready()),
    say("a"),
    say("b"),
    frame(REFUSED),
    { type: "unacknowledged", id: "b" },
    { type: "resend" },
  );
  assert.deepEqual(shown(state), [[null, "a", "failed"], [null, "b", "sending"]]);
});

test("an error that is about no message is a note, until the visitor writes again", () => {
  const state = after(
    frame(ready()),
    frame({ type: "error", code: "internal", message: "Something went wrong.", temporary: true }),
  );
  assert.deepEqual(state.note, { code: "internal", temporary: true });
  assert.equal(reduce(state, say("a")).note, null);
});

test("a message keeps the language that the conversation had when it came; the visitor's own has none", () => {
  const state = after(
    frame(ready({ language: "fr", messages: [stored(1, "un")] })),
    message(2, "deux"),
    message(3, "three", { sender: "visitor", id: "a" }),
    frame(ready({ language: "de", messages: [stored(4, "vier", { sender: "operator" })] })),
    frame({ type: "history", messages: [stored(0, "null")], more: false }),
  );
  assert.deepEqual(state.messages.map(({ language }) => language), ["de", "fr", "fr", null, "de"]);
});

test("an older server doesn't say the language", () => {
  const state = after(frame({ ...ready({ messages: [stored(1, "one")] }), language: undefined }));
  assert.equal(state.messages[0].language, null);
});

test("typing ends with the reply, not with the visitor's next message", () => {
  const typing = after(frame(ready()), frame({ type: "typing", sender: "bot" }));
  assert.equal(typing.typing, "bot");
  assert.equal(reduce(typing, message(1, "a", { sender: "visitor", id: "a" })).typing, "bot");
  assert.equal(reduce(typing, message(1, "one")).typing, null);
});

test("a message that did not change stays the same object", () => {
  const before = after(frame(ready()), message(1, "one"));
  assert.equal(reduce(before, message(2, "two")).messages[0], before.messages[0]);
});

test("only others' new messages have arrived", () => {
  const before = after(frame(ready()), message(1, "one"));
  const state = [message(2, "a", { sender: "visitor", id: "a" }), message(3, "three")].reduce(reduce, before);
  assert.deepEqual(arrived(before.messages, state.messages).map(({ text }) => text), ["three"]);
});

test("a message that comes as a message and as an ack is one, in either order", () => {
  const mine = { sender: "visitor", id: "a" };
  const ack = frame({ type: "ack", id: "a", seq: 1 });
  for (const actions of [[message(1, "a", mine), ack], [ack, message(1, "a", mine)]]) {
    assert.deepEqual(shown(after(frame(ready()), say("a"), ...actions)), [[1, "a", "sent"]]);
  }
});

test("what was taken after it had failed is sent", () => {
  const failed = frame({ type: "error", code: "try_again", message: "Try again.", temporary: true, id: "a" });
  const state = after(frame(ready()), say("a"), failed, message(1, "a", { sender: "visitor", id: "a" }));
  assert.deepEqual(shown(state), [[1, "a", "sent"]]);
});

test("a rating belongs to its message, and can be taken back", () => {
  const rated = after(frame(ready()), message(1, "one"), message(2, "two"), { type: "rate", seq: 2, value: "up" });
  assert.deepEqual(rated.messages.map(({ feedback }) => feedback), [null, "up"]);
  const back = ["up", null].map((value) => frame({ type: "feedback", seq: 2, value })).reduce(reduce, rated);
  assert.deepEqual(back.messages.map(({ feedback }) => feedback), [null, null]);
});

test("unread is what others said after the visitor looked", () => {
  const state = after(
    frame(ready()),
    message(1, "one"),
    { type: "seen", seq: 1 },
    message(2, "mine", { sender: "visitor", id: "a" }),
    message(3, "three"),
  );
  assert.deepEqual(unread(state).map(({ seq }) => seq), [3]);
});

test("what may still be sent waits, what was refused doesn't", () => {
  const state = after(frame(ready()), say("a"), say("b"), say("c"), frame(REFUSED), { type: "unacknowledged", id: "b" });
  assert.deepEqual(waiting(state).map(({ id }) => id), ["b", "c"]);
});

test("a new conversation begins empty, with what was not sent", () => {
  const state = after(frame(ready()), message(1, "one"), say("a"), { type: "begin" });
  assert.deepEqual(shown(state), [[null, "a", "sending"]]);
  assert.equal(state.connection, "idle");
  assert.equal(state.conversation, null);
});

test("a message of another conversation is another message, whatever its seq", () => {
  const before = after(frame(ready()), message(1, "old"));
  const next = reduce(before, frame(ready({ conversation: "conversation-2", messages: [stored(1, "new")] })));
  assert.deepEqual(shown(next), [[1, "new", "sent"]]);
  assert.notEqual(next.messages[0].key, before.messages[0].key);
});

test("what a server that restarts refused is sent again by itself, what a busy one refused waits for the visitor", () => {
  const refused = (id, code) => frame({ type: "error", code, message: "Not now.", temporary: true, id });
  const state = after(frame(ready()), say("a"), say("b"), refused("a", "draining"), refused("b", "busy"));
  assert.deepEqual(waiting(state).map(({ id }) => id), ["a", "b"]);
  const again = reduce(state, { type: "resend" });
  assert.deepEqual(again.messages.map(({ id, state: sent }) => [id, sent]), [["b", "failed"], ["a", "sending"]]);
});

test("what was wrong is over once the chat goes on", () => {
  const complaint = frame({ ...REFUSED, id: undefined });
  assert.equal(after(frame(ready()), complaint).note.code, "too_long");
  assert.equal(after(frame(ready()), complaint, message(1, "hi")).note, null);
});
