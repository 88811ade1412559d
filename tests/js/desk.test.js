// What the desk knows: the pure part, and the session with a socket that tests own.

import assert from "node:assert/strict";
import test from "node:test";

import { Session } from "../../chat/static/chat/desk/session.js";
import { initial, isMine, lastSeen, lists, reduce, unread } from "../../chat/static/chat/desk/store.js";
import { since } from "../../chat/static/chat/desk/words.js";
import { speak } from "../../chat/static/chat/strings.js";

globalThis.navigator ??= {};

const ANA = { key: 7, name: "Ana", label: "Ana", rights: ["answer_conversation"] };
const row = (conversation, fields) => ({
  conversation,
  status: "waiting",
  seq: 1,
  language: "en",
  site: "Shop",
  words: "hi",
  since: "2026-01-01T00:00:00.000Z",
  at: "2026-01-01T00:00:00.000Z",
  holder: null,
  by: "",
  ...fields,
});
const frames = (...list) =>
  list.reduce((state, frame) => reduce(state, { type: "frame", frame }), {
    ...initial,
    connection: "ready",
    operator: ANA,
  });
const list = (rows, fields) => ({ type: "list", rows, gone: [], waiting: rows.length, all: false, late: false, ...fields });
const opened = (messages, fields) => ({ type: "opened", ...row("a"), key: 1, earlier: [], messages, more: false, after: null, ...fields });
const said = (seq, sender = "visitor") => ({ type: "message", conversation: "a", seq, sender, message: `text ${seq}`, parts: [] });

test("the lists: who waits longest first, then mine, then the others'", () => {
  const state = frames(
    list([
      row("late", { since: "2026-01-01T00:05:00.000Z" }),
      row("early"),
      row("mine", { status: "operator", holder: 7 }),
      row("theirs", { status: "operator", holder: 8, by: "Ben" }),
    ], { all: true }),
  );
  const shown = lists(state);
  assert.deepEqual(shown.waiting.map((one) => one.conversation), ["early", "late"]);
  assert.deepEqual(shown.mine.map((one) => one.conversation), ["mine"]);
  assert.deepEqual(shown.others.map((one) => one.conversation), ["theirs"]);
});

test("changes replace rows, and take away those that are gone", () => {
  const state = frames(list([row("a"), row("b")], { all: true }), list([row("a", { seq: 5 })], { gone: ["b"], waiting: 1 }));
  assert.deepEqual(state.rows.map(({ conversation, seq }) => [conversation, seq]), [["a", 5]]);
});

test("unread counts from where the operator has looked, only for those that wait or are mine", () => {
  let state = frames(list([row("a", { seq: 5 }), row("b", { seq: 5, status: "operator", holder: 8 })], { all: true }));
  assert.equal(unread(state, state.rows[0]), 5);
  assert.equal(unread(state, state.rows[1]), 0);
  state = reduce(state, { type: "look", conversation: "a", seq: 4 });
  assert.equal(unread(state, state.rows[0]), 1);
});

test("messages of the open conversation come once and in order, and others' are left out", () => {
  const state = frames(opened([said(1), said(2)]), said(4), said(3), said(3), { ...said(9), conversation: "b" });
  assert.deepEqual(state.open.messages.map(({ seq }) => seq), [1, 2, 3, 4]);
  assert.equal(lastSeen(state.open), 4);
});

test("an own message becomes the stored one, whichever of the two frames comes first", () => {
  for (const order of [["ack", "message"], ["message", "ack"]]) {
    let state = frames(opened([said(1)]));
    state = reduce(state, { type: "say", id: "x", conversation: "a", text: "Hello", at: "", error: null });
    for (const kind of order) {
      const frame = kind === "ack" ? { type: "ack", id: "x", seq: 2 } : { ...said(2, "operator"), message: "Hello" };
      state = reduce(state, { type: "frame", frame });
    }
    assert.deepEqual(state.pending, []);
    assert.deepEqual(state.open.messages.map(({ seq }) => seq), [1, 2]);
  }
});

test("a refused message keeps its words and says why", () => {
  let state = frames(opened([said(1)]));
  state = reduce(state, { type: "say", id: "x", conversation: "a", text: "Hello", at: "", error: null });
  const frame = { type: "error", id: "x", code: "taken", message: "Taken by Ben.", temporary: false };
  state = reduce(state, { type: "frame", frame });
  assert.equal(state.pending[0].error.message, "Taken by Ben.");
  assert.equal(state.note, null);
  speak("de", { error_taken: "Jemand anderes hat sie.", error_taken_by: "{name} hat sie schon." });
  state = reduce(state, { type: "frame", frame: { ...frame, id: undefined, by: "Ben" } });
  assert.equal(state.note, "Ben hat sie schon.");
  state = reduce(state, { type: "frame", frame: { ...frame, id: undefined } });
  assert.equal(state.note, "Jemand anderes hat sie.");
});

test("who has taken a conversation has it at once", () => {
  const state = frames(opened([said(1)]), { type: "taken", conversation: "a", by: "Ana" });
  assert.ok(isMine(state, state.open.row));
});

test("since is short, and in the page's language", () => {
  const now = Date.parse("2026-01-03T12:00:00Z");
  const times = ["2026-01-03T11:59:40Z", "2026-01-03T11:55:00Z", "2026-01-03T09:50:00Z", "2026-01-01T12:00:00Z"];
  speak("de", { moment: "weniger als eine Minute" });
  assert.deepEqual(times.map((at) => since(at, now)), ["weniger als eine Minute", "5 Min.", "2 Std. 10 Min.", "2 Tg."]);
  speak("en", { moment: "less than a minute" });
  assert.deepEqual(times.map((at) => since(at, now)), ["less than a minute", "5 min", "2 hr 10 min", "2 days"]);
});

function session({ outbox = null } = {}) {
  const sockets = [];
  const timers = [];
  const stored = { outbox, seen: null };
  const entry = (name) => ({ read: () => stored[name], write: (text) => (stored[name] = text) });
  const made = new Session({
    openSocket: () => {
      const socket = { readyState: 1, sent: [], send: (text) => socket.sent.push(JSON.parse(text)), close() {} };
      sockets.push(socket);
      return socket;
    },
    clock: { setTimeout: (run) => timers.push(run) - 1, clearTimeout() {} },
    random: () => 0,
    now: () => new Date(0),
    newId: () => `id${sockets.length}`,
    storage: { outbox: entry("outbox"), seen: entry("seen") },
    on: { change() {}, refused() {} },
  });
  const answer = (frame) => sockets.at(-1).onmessage({ data: JSON.stringify(frame) });
  const greet = () => {
    sockets.at(-1).onopen();
    answer({ type: "ready", operator: ANA, limits: { message_characters: 2000 } });
  };
  return { made, sockets, timers, stored, answer, greet };
}

test("after a lost connection the open conversation goes on and unacknowledged messages are sent again", () => {
  const { made, sockets, answer, greet, timers } = session();
  made.start();
  greet();
  answer(opened([said(1)]));
  made.say("Hello");
  sockets[0].onclose({ code: 1006 });
  made.say("again", [{ type: "image", url: "/a.png" }]);
  timers.at(-1)();
  greet();
  assert.deepEqual(sockets[1].sent.slice(1), [
    { type: "message", conversation: "a", id: "id1", message: "Hello" },
    { type: "message", conversation: "a", id: "id1", message: "again", parts: [{ type: "image", url: "/a.png" }] },
    { type: "open", conversation: "a", after: 1 },
  ]);
});

test("what a page could not send is sent by the next one", () => {
  const { made, sockets, greet, stored, answer } = session({
    outbox: JSON.stringify([{ id: "x", conversation: "a", text: "Hello", at: "", error: null }]),
  });
  made.start();
  greet();
  assert.deepEqual(sockets[0].sent.at(-1), { type: "message", conversation: "a", id: "x", message: "Hello" });
  answer({ type: "ack", id: "x", seq: 2 });
  assert.equal(stored.outbox, "[]");
});

test("a logged-out desk doesn't come back by itself", () => {
  const { made, sockets, greet } = session();
  made.start();
  greet();
  sockets[0].onclose({ code: 4501 });
  assert.equal(made.state.connection, "stopped");
  assert.equal(sockets.length, 1);
});
