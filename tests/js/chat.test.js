import assert from "node:assert/strict";
import test from "node:test";

import { Chat } from "../../chat/static/chat/chat.js";
import { FakeClock, FakeNetwork, ready, stored } from "./fakes.js";

function entry(text = null) {
  return { text, read() { return this.text; }, write(text) { this.text = text || null; } };
}

function visit({ token = null, seen = null, outbox = null, language = () => null, shared = null, name = "id" } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const storage = shared ?? { token: entry(token), conversation: entry(), seen: entry(seen), outbox: entry(outbox) };
  const announced = [];
  let ids = 0;
  const chat = new Chat({
    openSocket: network.open,
    clock,
    random: () => 0,
    now: () => new Date(0),
    newId: () => `${name}-${(ids += 1)}`,
    storage,
    language,
    on: { change() {}, arrival: (messages) => announced.push(...messages.map(({ text }) => text)) },
  });
  const greet = (fields) => {
    network.last.accept();
    network.last.deliver(ready(fields));
  };
  const said = () => network.last.sent.filter(({ type }) => type === "message").map(({ id, message }) => [id, message]);
  const states = () => chat.state.messages.map(({ text, state }) => [text, state]);
  return { chat, clock, network, storage, announced, greet, said, states };
}

test("the first frame is hello, and the token from ready is kept", () => {
  const { chat, network, storage, greet } = visit();
  assert.equal(chat.known, false);
  chat.start();
  greet();
  assert.deepEqual(network.last.sent, [{ type: "hello" }]);
  assert.equal(storage.token.text, "token-1");
  assert.equal(chat.known, true);
});

test("what is said before ready waits for it, in order", () => {
  const { chat, greet, said, states } = visit();
  chat.start();
  chat.say("one");
  chat.say("two");
  assert.deepEqual(states(), [["one", "sending"], ["two", "sending"]]);
  greet();
  assert.deepEqual(said(), [["id-1", "one"], ["id-2", "two"]]);
});

test("after a loss it resumes where it was, and sends again with the same id what was not acknowledged", () => {
  const { chat, clock, network, greet, said, states } = visit();
  chat.start();
  greet();
  chat.say("one");
  network.last.deliver({ type: "ack", id: "id-1", seq: 1 });
  chat.say("two");
  network.last.end(1006);
  chat.say("three");
  clock.move(500);
  greet();
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-1", after: 1 });
  assert.deepEqual(said(), [["id-2", "two"], ["id-3", "three"]]);
  assert.deepEqual(states(), [["one", "sent"], ["two", "sending"], ["three", "sending"]]);
});

test("what the server has already stored isn't sent again", () => {
  const { chat, clock, network, greet, said } = visit();
  chat.start();
  greet();
  chat.say("one");
  network.last.end(1006);
  clock.move(500);
  greet({ messages: [stored(1, "one", { sender: "visitor", id: "id-1", parts: [] })] });
  assert.deepEqual(said(), []);
});

test("a message without acknowledgement fails after ten seconds, and can be tried again with its id", () => {
  const { chat, clock, network, greet, said, states } = visit();
  chat.start();
  greet();
  chat.say("one");
  clock.move(9_999);
  assert.deepEqual(states(), [["one", "sending"]]);
  clock.move(1);
  assert.deepEqual(states(), [["one", "failed"]]);
  assert.deepEqual(network.last.sent.at(-1), { type: "ping" });
  chat.retry("id-1");
  assert.deepEqual(said(), [["id-1", "one"], ["id-1", "one"]]);
});

test("a message that got no acknowledgement is sent again by itself after a loss", () => {
  const { chat, clock, network, greet, said, states } = visit();
  chat.start();
  greet();
  chat.say("one");
  clock.move(10_000);
  network.last.end(1006);
  clock.move(500);
  greet();
  assert.deepEqual(said(), [["id-1", "one"]]);
  assert.deepEqual(states(), [["one", "sending"]]);
});

test("an acknowledged message doesn't fail later", () => {
  const { chat, clock, network, greet, states } = visit();
  chat.start();
  greet();
  chat.say("one");
  network.last.deliver({ type: "ack", id: "id-1", seq: 1 });
  clock.move(10_000);
  assert.deepEqual(states(), [["one", "sent"]]);
  assert.deepEqual(network.last.sent.at(-1), { type: "message", id: "id-1", message: "one" });
});

test("a connection that is back within a second was never away", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  network.last.end(1012);
  clock.move(600);
  assert.equal(chat.state.connection, "ready");
  greet();
  clock.move(10_000);
  assert.equal(chat.state.connection, "ready");
});

test("a connection that stays away is said to be lost", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  network.last.end(1006);
  clock.move(1_000);
  assert.equal(chat.state.connection, "lost");
  greet();
  assert.equal(chat.state.connection, "ready");
});

test("where the server ends it for good, what waits fails, and trying again connects", () => {
  const { chat, network, greet, said, states } = visit();
  chat.start();
  greet();
  chat.say("one");
  network.last.end(4500);
  assert.equal(chat.state.connection, "stopped");
  assert.deepEqual(states(), [["one", "failed"]]);
  chat.retry("id-1");
  greet();
  assert.equal(chat.state.connection, "ready");
  assert.deepEqual(said(), [["id-1", "one"]]);
});

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

test("typing ends by itself after twenty seconds", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "typing", sender: "bot" });
  clock.move(19_999);
  assert.equal(chat.state.typing, "bot");
  network.last.deliver({ type: "pong" });
  clock.move(1);
  assert.equal(chat.state.typing, null);
});

for (const [what, happens] of [
  ["a loss", ({ network }) => network.last.end(1006)],
  ["the end of the connection", ({ network }) => network.last.end(4500)],
  ["a failure", ({ network }) => network.last.deliver({ type: "error", code: "try_again", temporary: true, id: "id-1" })],
]) {
  test(`the dots stay for half a second after ${what}, so that they never flash`, () => {
    const visitor = visit();
    const { chat, clock, network, greet } = visitor;
    chat.start();
    greet();
    chat.say("hi");
    network.last.deliver({ type: "typing", sender: "bot" });
    happens(visitor);
    clock.move(499);
    assert.equal(chat.state.typing, "bot");
    clock.move(1);
    assert.equal(chat.state.typing, null);
  });
}

test("a reply takes the place of the dots at once, and those of the next one stay", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  chat.say("hi");
  network.last.deliver({ type: "typing", sender: "bot" });
  network.last.deliver({ type: "message", ...stored(2, "hello") });
  assert.equal(chat.state.typing, null);
  network.last.deliver({ type: "error", code: "try_again", temporary: true, id: "id-1" });
  network.last.deliver({ type: "typing", sender: "bot" });
  clock.move(19_999);
  assert.equal(chat.state.typing, "bot");
});

test("nobody types any more for who comes back", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "typing", sender: "bot" });
  network.last.end(1006);
  chat.wake();
  greet();
  assert.equal(chat.state.typing, null);
});

test("new messages are announced once; a restored history isn't", () => {
  const { chat, clock, network, announced, greet } = visit({ token: "token-1" });
  chat.start();
  greet({ messages: [stored(1, "old")] });
  network.last.deliver({ type: "message", ...stored(2, "new") });
  network.last.deliver({ type: "message", ...stored(2, "new") });
  network.last.end(1006);
  clock.move(500);
  greet({ messages: [stored(3, "missed")] });
  assert.deepEqual(announced, ["new", "missed"]);
});

test("earlier messages are asked for once, before the first one shown", () => {
  const { chat, network, greet } = visit({ token: "token-1" });
  chat.start();
  greet({ messages: [stored(51, "x")], more: true });
  chat.earlier();
  chat.earlier();
  assert.deepEqual(network.last.sent.slice(1), [{ type: "history", before: 51 }]);
});

test("a frame that nobody understands changes nothing", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  const before = chat.state;
  network.last.deliver({ type: "from the future" });
  assert.equal(chat.state, before);
});

test("what was not acknowledged is sent by the next page of the tab, in order and with the same ids", () => {
  const before = visit();
  before.chat.start();
  before.greet();
  before.chat.say("one");
  before.network.last.deliver({ type: "ack", id: "id-1", seq: 1 });
  before.chat.say("two");
  before.chat.say("three");

  const { chat, said, states, greet, storage } = visit({ token: "token-1", outbox: before.storage.outbox.text });
  assert.equal(chat.known, true);
  chat.start();
  assert.deepEqual(states(), [["two", "sending"], ["three", "sending"]]);
  greet();
  assert.deepEqual(said(), [["id-2", "two"], ["id-3", "three"]]);
  chat.discard("id-2");
  chat.discard("id-3");
  assert.equal(storage.outbox.text, null);
});

test("an outbox that can't be read is none", () => {
  assert.deepEqual(visit({ outbox: "{" }).states(), []);
});

test("twenty messages may wait for the connection", () => {
  const { chat, states } = visit();
  for (let number = 0; number < 20; number += 1) assert.equal(chat.say("hi"), true);
  assert.equal(chat.say("one too many"), false);
  assert.equal(states().length, 20);
});

test("the banner knows when the next attempt begins", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  network.last.end(1006);
  assert.equal(chat.state.retryAt, 500);
  clock.move(500);
  assert.equal(chat.state.retryAt, null);
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

test("a tab follows another one into a new conversation", () => {
  const { chat, network, greet, storage, states } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "message", ...stored(1, "old") });
  storage.token.text = "token-2";
  storage.conversation.text = "conversation-2";
  chat.follow();
  greet({ token: "token-2", conversation: "conversation-2" });
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-2" });
  assert.deepEqual(states(), []);
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

test("another language is told to the server at once", () => {
  let language = "de";
  const { chat, network, greet } = visit({ language: () => language });
  chat.start();
  greet();
  language = "fr";
  chat.renew();
  greet();
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-1", language: "fr" });
  assert.equal(network.sockets.length, 2);
});

test("nobody types any more once the chat was stopped", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "typing", sender: "bot" });
  chat.stop();
  assert.equal(chat.state.typing, null);
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
  storage.token.write(""); // the other tab has begun anew, and has no answer yet
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

test("a network that is away is a lost connection, whatever the socket says", () => {
  const { chat, clock, network, greet } = visit();
  chat.start();
  greet();
  chat.offline();
  clock.move(1_000);
  assert.equal(network.sockets.length, 2);
  chat.stop();
  chat.offline();
  clock.move(60_000);
  assert.equal(network.sockets.length, 2);
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
