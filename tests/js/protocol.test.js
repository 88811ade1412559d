import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import * as protocol from "../../chat/static/chat/protocol.js";

const golden = (name) => JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));
const client = Object.fromEntries(golden("client").map(({ name, frame }) => [name, frame]));
const server = golden("server");
const serverFrame = (name) => protocol.parse(JSON.stringify(server.find((example) => example.name === name).frame));

const WRITTEN = [
  ["a message with the browser's id", protocol.message("5b2f3c1e-9d2b-4a53-8f0e-1d6f6a3f2b10", "Where are you?")],
  ["a first hello without token", protocol.hello({ token: null, after: 0, language: null })],
  ["a hello that resumes", protocol.hello({ token: "eyJ.token", after: 12, language: "de", timeZone: "Europe/Berlin" })],
  ["an older page", protocol.history(51)],
  ["a sign of life", protocol.ping()],
];
for (const [name, text] of WRITTEN) {
  test(`it writes the golden frame: ${name}`, () => assert.deepEqual(JSON.parse(text), client[name]));
}

for (const { name, frame } of server) {
  test(`it reads the golden frame: ${name}`, () => assert.equal(protocol.parse(JSON.stringify(frame)).type, frame.type));
}

test("a text that nobody can see is empty, and one of signs that join others isn't", () => {
  for (const text of ["", " \n\u00a0", "\u200b", "\u2060 \ufeff\u3164\u{e0041}\ufe0f"]) assert.equal(protocol.isEmpty(text), true);
  for (const text of [".", "\u200ba", "👩\u200d👧", "\u0301"]) assert.equal(protocol.isEmpty(text), false);
});

test("it reads the token, the limit and what was missed from ready", () => {
  const frame = serverFrame("a resumed conversation with what was missed");
  assert.equal(frame.token, "eyJ.token");
  assert.equal(frame.resumed, true);
  assert.equal(frame.maxCharacters, 256);
  assert.deepEqual(frame.messages, [
    { seq: 2, sender: "bot", id: null, name: null, text: "hi", parts: [{ type: "text", text: "hi" }], at: "2026-01-02T03:04:05.678Z", feedback: null, apology: false },
  ]);
});

test("it reads which message an error is about, and whether trying again helps", () => {
  const { id, code, temporary } = serverFrame("not stored");
  assert.deepEqual({ id, code, temporary }, { id: "1", code: "try_again", temporary: true });
});

const STRANGE = [
  "", "hi", "null", "7", "[]", "{}", '{"type": "shout"}', '{"type": "toString"}', '{"type": "constructor"}',
  '{"type": "message"}', '{"type": "message", "seq": "1", "message": "hi"}', '{"type": "ack", "id": 7}', '{"type": "ready"}',
];
for (const text of STRANGE) test(`it ignores ${text || "an empty frame"}`, () => assert.equal(protocol.parse(text), null));

test("a strange message in a page doesn't spoil the others", () => {
  const messages = [null, { seq: 1 }, { seq: 2, message: "hi", parts: [7, { type: "text" }] }];
  const page = { type: "history", messages, more: 1 };
  assert.deepEqual(protocol.parse(JSON.stringify(page)), {
    type: "history",
    messages: [{ seq: 2, sender: "system", id: null, name: null, text: "hi", parts: [{ type: "text" }], at: null, feedback: null, apology: false }],
    more: false,
  });
});

test("it comes back after an accident, but not where the server doesn't want it", () => {
  const accidents = [1000, 1001, 1005, 1006, 1011, 1012, 4000, 4499];
  assert.deepEqual([...accidents, 4500, 4999].filter(protocol.mayReturn), accidents);
});

test("characters are code points of what is stored", () => {
  assert.equal(protocol.characters("a😀é"), 3);
  assert.equal(protocol.characters("cafe\u0301"), 4);
});
