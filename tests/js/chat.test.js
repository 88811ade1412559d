import assert from "node:assert/strict";
import test from "node:test";

import { Chat } from "../../chat/static/chat/chat.js";
import { FakeClock, FakeNetwork, ready, stored } from "./fakes.js";

function visit({ token = null } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const box = { text: token };
  const announced = [];
  let ids = 0;
  const chat = new Chat({
    openSocket: network.open,
    clock,
    random: () => 0,
    now: () => new Date(0),
    newId: () => `id-${(ids += 1)}`,
    storage: { token: { read: () => box.text, write: (text) => (box.text = text) } },
    language: () => null,
    on: { change() {}, arrival: (messages) => announced.push(...messages.map(({ text }) => text)) },
  });
  const greet = (fields) => {
    network.last.accept();
    network.last.deliver(ready(fields));
  };
  const said = () => network.last.sent.filter(({ type }) => type === "message").map(({ id, message }) => [id, message]);
  const states = () => chat.state.messages.map(({ text, state }) => [text, state]);
  return { chat, clock, network, box, announced, greet, said, states };
}

test("the first frame is hello, and the token from ready is kept", () => {
  const { chat, network, box, greet } = visit();
  assert.equal(chat.known, false);
  chat.start();
  greet();
  assert.deepEqual(network.last.sent, [{ type: "hello" }]);
  assert.equal(box.text, "token-1");
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
  const { chat, clock, network, box, greet, states } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "message", ...stored(1, "old") });
  box.text = "token-2";
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

test("nobody types on a lost connection", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  network.last.deliver({ type: "typing", sender: "bot" });
  network.last.end(1006);
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
