import assert from "node:assert/strict";
import test from "node:test";

import { ready, stored } from "./fakes.js";
import { visit } from "./visit.js";

test("a token of another tab is used, and nothing is claimed to be seen of its conversation", () => {
  const { chat, clock, network, storage, greet, states } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "message", ...stored(1, "old") });
  storage.token.text = "token-2";
  storage.conversation.text = "conversation-2";
  network.last.end(1006);
  clock.move(500);
  greet({ token: "token-2", conversation: "conversation-2", messages: [stored(1, "other")] });
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-2" });
  assert.deepEqual(states(), [["other", "sent"]]);
});

test("what the visitor has seen is kept, and known by the next page", () => {
  const first = visit();
  first.chat.start();
  first.greet({ resumed: false });
  first.network.last.deliver({ type: "message", ...stored(1, "one") });
  assert.equal(first.chat.state.seen, 0);
  first.chat.look();
  first.network.last.deliver({ type: "message", ...stored(2, "two") });

  const { chat, greet } = visit({ token: "token-1", seen: first.storage.seen.text });
  chat.start();
  greet({ seq: 2, messages: [stored(1, "one"), stored(2, "two")] });
  assert.equal(chat.state.seen, 1);
});

test("where nothing is known of what was seen, an old conversation is", () => {
  const { chat, greet } = visit({ token: "token-1" });
  chat.start();
  greet({ seq: 2, messages: [stored(1, "one"), stored(2, "two")] });
  assert.equal(chat.state.seen, 2);
});

test("a tab follows what another one has seen", () => {
  const { chat, network, greet, storage } = visit();
  chat.start();
  greet({ resumed: false });
  network.last.deliver({ type: "message", ...stored(1, "one") });
  storage.seen.text = "conversation-1 1";
  chat.follow();
  assert.equal(chat.state.seen, 1);
  storage.seen.text = "another 7";
  chat.follow();
  assert.equal(chat.state.seen, 1);
});

function beginElsewhere({ storage, chat }) {
  storage.token.text = "token-2";
  storage.conversation.text = "conversation-2";
  chat.follow();
}

function expectToJoin({ network, greet }) {
  greet({ token: "token-2", conversation: "conversation-2" });
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-2" });
}

test("a tab follows another one into a new conversation", () => {
  const tab = visit();
  tab.chat.start();
  tab.greet();
  tab.network.last.deliver({ type: "message", ...stored(1, "old") });
  beginElsewhere(tab);
  expectToJoin(tab);
  assert.deepEqual(tab.states(), []);
});

test("a tab that was there before the conversation joins it, and once only", () => {
  const tab = visit();
  beginElsewhere(tab);
  tab.chat.follow();
  expectToJoin(tab);
  assert.equal(tab.network.sockets.length, 1);
});

test("a new conversation forgets the old one's token", () => {
  const { chat, network, greet, storage, states } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "message", ...stored(1, "old") });
  chat.begin();
  assert.equal(storage.token.text, null);
  assert.deepEqual(states(), []);
  greet({ token: "token-2", conversation: "conversation-2", resumed: false });
  assert.deepEqual(network.last.sent[0], { type: "hello" });
  assert.equal(storage.token.text, "token-2");
});

test("a rating is shown at once and sent", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(1, "one")] });
  chat.rate(1, "down");
  assert.equal(chat.state.messages[0].feedback, "down");
  assert.deepEqual(network.last.sent.at(-1), { type: "feedback", seq: 1, value: "down" });
});

const REFUSED = { type: "error", code: "try_again", message: "Try again.", temporary: true };

test("a rating that the server refuses is taken back to what the server holds", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(1, "one", { feedback: "up" })] });
  const shown = () => chat.state.messages[0].feedback;
  chat.rate(1, "down");
  chat.rate(1, null);
  network.last.deliver(REFUSED);
  assert.equal(shown(), "up");
  chat.rate(1, "down");
  network.last.deliver({ type: "feedback", seq: 1, value: "down" });
  network.last.deliver(REFUSED);
  assert.equal(shown(), "down");
});

test("what was pressed last is shown until the server has said something to it", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(1, "one")] });
  chat.rate(1, "up");
  chat.rate(1, "down");
  network.last.deliver({ type: "feedback", seq: 1, value: "up" });
  assert.equal(chat.state.messages[0].feedback, "down");
  network.last.deliver(REFUSED);
  assert.equal(chat.state.messages[0].feedback, "up");
});

test("a rating that was not confirmed is sent again after a loss, and when the server said to wait", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(1, "one")] });
  chat.rate(1, "up");
  network.last.end(1006);
  clock.move(500);
  greet();
  const sent = () => network.last.sent.filter(({ type }) => type === "feedback");
  assert.deepEqual(sent(), [{ type: "feedback", seq: 1, value: "up" }]);
  network.last.deliver({ ...REFUSED, code: "rate_limited", retry_after: 2 });
  assert.equal(chat.state.messages[0].feedback, "up");
  clock.move(2_000);
  assert.equal(sent().length, 2);
  network.last.deliver({ type: "feedback", seq: 1, value: "up" });
  network.last.end(1006);
  clock.move(500);
  greet();
  assert.deepEqual(sent(), []);
});

test("the end is sent, and what the server says of it is shown", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  chat.end();
  assert.deepEqual(network.last.sent.at(-1), { type: "end" });
  network.last.deliver({ type: "status", status: "closed" });
  assert.equal(chat.state.status, "closed");
});

test("the whole conversation comes page by page", async () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(3, "three")], more: true });
  const complete = chat.complete();
  network.last.deliver({ type: "history", messages: [stored(2, "two")], more: true });
  network.last.deliver({ type: "history", messages: [stored(1, "one")], more: false });
  assert.deepEqual((await complete).map(({ seq }) => seq), [1, 2, 3]);
});

test("where the connection is lost meanwhile, the conversation is what is here", async () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(3, "three")], more: true });
  const complete = chat.complete();
  network.last.end(1006);
  assert.deepEqual((await complete).map(({ seq }) => seq), [3]);
});

test("a token that another tab was issued anew for the same conversation changes nothing", () => {
  const { chat, network, greet, storage } = visit();
  chat.start();
  greet();
  storage.token.text = "token-1 issued again";
  chat.follow();
  assert.equal(network.sockets.length, 1);
  network.last.deliver({ type: "message", ...stored(1, "one") });
  network.last.end(1006);
  chat.wake();
  greet();
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-1 issued again", after: 1 });
});

test("a new conversation that another tab has begun isn't undone by a tab that was away", () => {
  const { chat, network, greet, storage } = visit();
  chat.start();
  greet();
  network.last.end(1006);
  storage.token.write(""); // the other tab has begun a new one, without an answer yet
  storage.conversation.write("");
  chat.wake();
  greet({ token: "token-3", conversation: "conversation-3", resumed: false });
  assert.deepEqual(network.last.sent[0], { type: "hello" });
});

test("a new conversation that another tab has begun isn't undone by an answer that was on its way", () => {
  const { chat, network, greet, storage, states } = visit({ token: "token-1" });
  storage.conversation.text = "conversation-1";
  chat.start();
  network.last.accept();
  storage.token.text = "token-2";
  storage.conversation.text = "conversation-2";
  network.last.deliver(ready({ token: "token-1 again", messages: [stored(1, "old")] }));
  greet({ token: "token-2", conversation: "conversation-2", messages: [stored(1, "new")] });
  assert.equal(storage.token.text, "token-2");
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-2" });
  assert.deepEqual(states(), [["new", "sent"]]);
});

test("where the browser keeps nothing, the tab comes back to its own conversation", () => {
  const { chat, network, greet, storage } = visit();
  storage.token.write = storage.conversation.write = () => {};
  chat.start();
  greet();
  network.last.end(1006);
  chat.wake();
  greet();
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-1" });
});

test("who is told to wait gets the whole conversation later", async () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(2, "two")], more: true });
  const complete = chat.complete();
  network.last.deliver({ type: "error", code: "rate_limited", message: "Wait.", temporary: true, retry_after: 1.5 });
  const asked = () => network.last.sent.filter(({ type }) => type === "history").length;
  assert.equal(asked(), 1);
  clock.move(1_500);
  assert.equal(asked(), 2);
  network.last.deliver({ type: "history", messages: [stored(1, "one")], more: false });
  assert.deepEqual((await complete).map(({ seq }) => seq), [1, 2]);
});

test("where older messages can't be read, the conversation is what is here", async () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(2, "two")], more: true });
  const complete = chat.complete();
  network.last.deliver({ type: "error", code: "try_again", message: "Try again.", temporary: true });
  assert.deepEqual((await complete).map(({ seq }) => seq), [2]);
  assert.equal(network.last.sent.filter(({ type }) => type === "history").length, 1);
});

test("what was refused unseen is sent again when the server said", () => {
  const { chat, clock, network, greet, said } = visit();
  chat.start();
  greet();
  chat.say("one");
  network.last.deliver({ type: "error", code: "rate_limited", message: "Wait.", temporary: true, retry_after: 1 });
  clock.move(1_000);
  assert.deepEqual(said(), [["id-1", "one"], ["id-1", "one"]]);
});

test("nobody listens to a rating or an end while the connection is lost", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet({ messages: [stored(1, "one")] });
  network.last.end(1006);
  assert.equal(chat.rate(1, "up"), false);
  assert.equal(chat.end(), false);
  assert.equal(chat.state.messages[0].feedback, null);
});

test("two chats on a page keep what waits in each", () => {
  const one = visit();
  one.chat.say("one");
  const other = visit({ shared: one.storage, name: "other" });
  assert.deepEqual(other.states(), [["one", "sending"]]);
  other.chat.say("two");
  one.chat.say("three");
  const kept = () => JSON.parse(one.storage.outbox.text).map(({ text }) => text).sort();
  assert.deepEqual(kept(), ["one", "three", "two"]);
  one.chat.discard(one.chat.state.messages[1].id);
  assert.deepEqual(kept(), ["one", "two"]);
});

test("what was not sent is kept on pages on which an old library gives arrays a toJSON", (context) => {
  Array.prototype.toJSON = function () {
    return `[${this.map((item) => JSON.stringify(item)).join(", ")}]`;
  };
  context.after(() => delete Array.prototype.toJSON);
  const before = visit();
  before.chat.say("one");
  before.chat.say("two");
  assert.deepEqual(visit({ outbox: before.storage.outbox.text }).states(), [["one", "sending"], ["two", "sending"]]);
});
