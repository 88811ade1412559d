// A visitor's chat without a display, on a network and a clock that the test moves.

import { Chat } from "../../chat/static/chat/chat.js";
import { FakeClock, FakeNetwork, ready } from "./fakes.js";

function entry(text = null) {
  return { text, read() { return this.text; }, write(text) { this.text = text || null; } };
}

export function visit({ token = null, seen = null, outbox = null, language = () => null, shared = null, name = "id" } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const storage = shared ?? { token: entry(token), conversation: entry(), seen: entry(seen), outbox: entry(outbox) };
  const announced = [];
  const forgotten = [];
  let ids = 0;
  const chat = new Chat({
    openSocket: network.open,
    clock,
    random: () => 0,
    now: () => new Date(0),
    newId: () => `${name}-${(ids += 1)}`,
    storage,
    language,
    on: {
      change() {},
      arrival: (messages) => announced.push(...messages.map(({ text }) => text)),
      forgotten: () => forgotten.push(chat.state.conversation),
    },
  });
  const greet = (fields) => {
    network.last.accept();
    network.last.deliver(ready(fields));
  };
  const said = () => network.last.sent.filter(({ type }) => type === "message").map(({ id, message }) => [id, message]);
  const states = () => chat.state.messages.map(({ text, state }) => [text, state]);
  return { chat, clock, network, storage, announced, forgotten, greet, said, states };
}
