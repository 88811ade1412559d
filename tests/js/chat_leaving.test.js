import assert from "node:assert/strict";
import test from "node:test";

import { ready, stored } from "./fakes.js";
import { visit } from "./visit.js";

test("a page that is left closes its socket also on the way, and comes back to the conversation", () => {
  const { chat, network, greet } = visit();
  chat.start();
  chat.leave();
  assert.equal(network.last.closed, true);
  chat.start();
  greet();
  network.last.deliver({ type: "message", ...stored(1, "one") });
  chat.leave();
  assert.equal(network.last.closed, true);
  chat.start();
  greet();
  assert.equal(network.sockets.length, 3);
  assert.deepEqual(network.last.sent[0], { type: "hello", token: "token-1", after: 1 });
});

function clear({ storage }) {
  for (const name of ["token", "conversation", "seen"]) storage[name].text = null;
}

function conversation() {
  const tab = visit();
  tab.chat.start();
  tab.greet();
  tab.network.last.deliver({ type: "message", ...stored(1, "private") });
  return tab;
}

const NEXT = { token: "token-2", conversation: "conversation-2", resumed: false };

test("who is forgotten leaves nothing behind, neither on the screen nor in the browser", () => {
  const { chat, network, storage, forgotten, states } = conversation();
  chat.say("not sent");
  chat.look();
  chat.forget();
  assert.deepEqual(states(), []);
  assert.deepEqual(Object.values(storage).map(({ text }) => text), [null, null, null, null]);
  assert.deepEqual(forgotten, [null]);
  assert.equal(network.last.closed, true);
  chat.start();
  network.last.accept();
  assert.deepEqual(network.last.sent, [{ type: "hello" }]);
});

const NOTICED = {
  "the next message": (tab) => tab.chat.say("I am somebody else"),
  "the next opening": (tab) => tab.chat.start(),
  "the return to the page": (tab) => tab.chat.wake(),
  "a word from another tab": (tab) => tab.chat.follow(),
  "the next connection": (tab) => {
    tab.network.last.end(1006);
    tab.clock.move(500);
    tab.network.last.accept();
  },
};
for (const [moment, come] of Object.entries(NOTICED)) {
  test(`storage that was cleared is noticed at ${moment}`, () => {
    const tab = conversation();
    tab.chat.say("unsent words of the last one");
    clear(tab);
    come(tab);
    assert.deepEqual(tab.forgotten, [null]);
    const said = moment === "the next message" ? [["I am somebody else", "sending"]] : [];
    assert.deepEqual(tab.states(), said);
    tab.chat.start();
    tab.greet(NEXT);
    assert.deepEqual(tab.network.last.sent[0], { type: "hello" });
    assert.deepEqual(tab.said().map(([, text]) => text), said.map(([text]) => text));
    assert.equal(tab.storage.token.text, "token-2");
  });
}

test("storage that was cleared while an answer was on its way isn't filled again by it", () => {
  const tab = conversation();
  tab.network.last.end(1006);
  tab.clock.move(500);
  tab.network.last.accept();
  clear(tab);
  tab.network.last.deliver(ready({ messages: [stored(1, "private")] }));
  assert.deepEqual(tab.states(), []);
  assert.equal(tab.storage.token.text, null);
});

test("a tab that begins a new conversation makes no other one forget", () => {
  const one = conversation();
  const two = visit({ shared: one.storage });
  two.chat.start();
  two.greet({ messages: [stored(1, "private")] });
  two.network.last.end(1006);
  two.chat.say("unsent");
  one.chat.begin();
  two.chat.follow();
  assert.deepEqual(two.forgotten, []);
  assert.deepEqual(two.states(), [["private", "sent"], ["unsent", "sending"]]);
});

test("where the browser keeps nothing, nothing was cleared", () => {
  const tab = visit();
  for (const entry of Object.values(tab.storage)) entry.write = () => {};
  tab.chat.start();
  tab.greet();
  tab.chat.say("hello");
  tab.chat.wake();
  assert.deepEqual(tab.forgotten, []);
});
