import assert from "node:assert/strict";
import test from "node:test";

import { count, fill, sentence, speak } from "../../chat/static/chat/strings.js";
import { formatters, sameDay } from "../../chat/static/chat/times.js";
import { transcript } from "../../chat/static/chat/later/transcript.js";

test("the form of a word follows the language's own rules", () => {
  const forms = { zero: "{n} z", one: "{n} o", two: "{n} t", few: "{n} f", many: "{n} m", other: "{n} x" };
  const spoken = (language) => {
    speak(language, {});
    return [0, 1, 2, 3, 11, 100].map((number) => count(forms, number));
  };
  assert.deepEqual(spoken("en"), ["0 x", "1 o", "2 x", "3 x", "11 x", "100 x"]);
  assert.deepEqual(spoken("ar"), ["0 z", "1 o", "2 t", "3 f", "11 m", "100 x"]);
  assert.deepEqual(spoken("ja"), ["0 x", "1 x", "2 x", "3 x", "11 x", "100 x"]);
});

test("what nobody gave a value stays as it is", () => assert.equal(fill("{a} {b}", { a: 1 }), "1 {b}"));

test("an error is told in the visitor's language, by its code or by whether trying again helps", () => {
  speak("en", { refused: "no", refused_long: "long", refused_wait: "wait", unacknowledged: "lost" });
  assert.equal(sentence({ code: "too_long", temporary: false }), "long");
  assert.equal(sentence({ code: "busy", temporary: true }), "wait");
  assert.equal(sentence({ code: "from the future", temporary: false }), "no");
});

test("days near now have names, others a date", () => {
  const { day } = formatters("en");
  const now = new Date(2026, 2, 30, 12);
  assert.equal(day(new Date(2026, 2, 30, 0, 1), now), "today");
  assert.equal(day(new Date(2026, 2, 29, 23, 59), now), "yesterday"); // in many places a day of 23 hours
  assert.equal(day(new Date(2026, 2, 1), now), "Sunday, March 1");
  assert.equal(day(new Date(2025, 11, 31), now), "December 31, 2025");
  assert.equal(sameDay(new Date(2026, 2, 30, 0, 1), now), true);
  assert.equal(sameDay(new Date(2025, 2, 30, 12), now), false);
});

test("how long ago something was said is told for an hour", () => {
  const { ago } = formatters("en");
  const said = new Date(2026, 2, 30, 23, 50);
  const after = (seconds) => ago(said, new Date(said.getTime() + 1000 * seconds));
  assert.deepEqual([0, 59, 60, 119, 120, 3599].map(after), ["now", "now", "1 minute ago", "1 minute ago", "2 minutes ago", "59 minutes ago"]);
  assert.equal(after(3600), null);
  assert.equal(after(-60), "now"); // the visitor's clock is a little behind
  assert.equal(after(-3600), null);
  assert.equal(formatters("ja").ago(said, new Date(said.getTime() + 300_000)), "5 分前");
});

test("a transcript has a line for each stored message", () => {
  speak("en", { says: "{sender}: {text}", visitor: "You", bot: "Assistant" });
  const messages = [
    { seq: 1, sender: "visitor", text: "hi", at: "2026-01-02T12:04:05.678Z" },
    { seq: 2, sender: "bot", text: "Hello {text}!", at: "no time" },
    { seq: 3, sender: "bot", text: " ", at: null },
    { seq: null, sender: "visitor", text: "unsent", at: null },
  ];
  const [first, second, ...rest] = transcript(messages, "en").split("\n");
  assert.match(first, /^\[Jan 2, 2026, .*\] You: hi$/);
  assert.equal(second, "Assistant: Hello {text}!");
  assert.deepEqual(rest, [""]);
});
