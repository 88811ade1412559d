import assert from "node:assert/strict";
import test from "node:test";

import { stored } from "./fakes.js";
import { visit } from "./visit.js";

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

test("a first connection that hangs is shown as lost, and is there once it is greeted", () => {
  const { chat, clock, greet } = visit();
  chat.start();
  clock.move(3_999);
  assert.equal(chat.state.connection, "connecting");
  clock.move(1);
  assert.equal(chat.state.connection, "lost");
  greet();
  chat.start();
  clock.move(4_000);
  assert.equal(chat.state.connection, "ready");
});

test("a first connection that fails is shown as lost after a second, however often it fails meanwhile", () => {
  const { chat, clock, network } = visit();
  chat.start();
  clock.move(100);
  network.last.end(1006);
  clock.move(500);
  network.last.end(1006);
  clock.move(499);
  assert.equal(chat.state.connection, "connecting");
  clock.move(1);
  assert.equal(chat.state.connection, "lost");
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

test("typing is told only while an operator has the conversation", () => {
  const { chat, network, greet } = visit();
  chat.start();
  greet();
  chat.type();
  assert.equal(network.last.sent.length, 1);
  network.last.deliver({ type: "status", status: "operator" });
  chat.type();
  chat.type();
  assert.deepEqual(network.last.sent.slice(1), [{ type: "typing" }]);
});
