import assert from "node:assert/strict";
import test from "node:test";

import { pieces, imageAddress, linkAddress, opensTab } from "../../chat/static/chat/addresses.js";

const SERVER = new URL("https://chat.example.com/");

for (const address of ["https://example.com/", "http://example.com/a?b#c", "mailto:a@example.com", "tel:+4912345"]) {
  test(`${address} may be a link`, () => assert.equal(linkAddress(address), address));
}
const UNFIT = [
  "javascript:alert(1)",
  " java\nscript:alert(1)",
  "JavaScript:alert(1)",
  "data:text/html,x",
  "blob:https://example.com/x",
  "file:///etc/passwd",
  "/rooms",
  "rooms",
  "",
];
for (const address of UNFIT) {
  test(`${JSON.stringify(address)} may not be a link`, () => assert.equal(linkAddress(address), null));
}
const WRITTEN = {
  "tel:+1 (555) 010-0000": "tel:+1%20(555)%20010-0000",
  "mailto:help@example.com?subject=My order": "mailto:help@example.com?subject=My%20order",
  "https://example.com/files/user manual.pdf": "https://example.com/files/user%20manual.pdf",
  "www.example.com": "https://www.example.com/",
};
for (const [written, address] of Object.entries(WRITTEN)) {
  test(`${written} is a link as people write it`, () => assert.equal(linkAddress(written), address));
}
test("a picture is whole or a path on the chat's own server", () => {
  assert.equal(imageAddress("/static/a.svg", SERVER), "https://chat.example.com/static/a.svg");
  assert.equal(imageAddress("/static/a.svg", "https://example.com/support/"), "https://example.com/support/static/a.svg");
  assert.equal(imageAddress("https://example.com/a.png", SERVER), "https://example.com/a.png");
});
for (const address of ["javascript:alert(1)", "data:image/svg+xml,<svg/>", "a.png", "", "//"]) {
  test(`${JSON.stringify(address)} may not be a picture`, () => assert.equal(imageAddress(address, SERVER), null));
}
test("only pages open a new tab", () => {
  assert.equal(opensTab("https://example.com/"), true);
  assert.equal(opensTab("tel:+49"), false);
});

const found = (text) => pieces(text).filter(({ address }) => address).map(({ text: shown, address }) => [shown, address]);

test("addresses in a text are found, without the sentence's own signs", () => {
  assert.deepEqual(found("See https://example.com/a_(b)?c=d#e, or (http://example.com)."), [
    ["https://example.com/a_(b)?c=d#e", "https://example.com/a_(b)?c=d#e"],
    ["http://example.com", "http://example.com/"],
  ]);
  assert.deepEqual(found("Write to help@example.co.uk!"), [["help@example.co.uk", "mailto:help@example.co.uk"]]);
});

test("a sentence's signs end an address in any language", () => {
  const texts = ["詳しくはX。お待ち", "（X）", "X، شكرا", "X؟", "„X“", "«X»", "X…", "X，然后", "X—so", "X।", "`X`", "X\u200b"];
  for (const text of texts) {
    assert.deepEqual(found(text.replace("X", "https://example.com/a")), [["https://example.com/a", "https://example.com/a"]]);
  }
});

const ENDS = {
  "https://example.com查看": "https://example.com",
  "https://example.comвот": "https://example.com",
  "https://example.com에서": "https://example.com",
  "https://example.com:8080查看": "https://example.com:8080",
  "https://example.com/a查看": "https://example.com/a",
  "https://example.com/?page=2年": "https://example.com/?page=2",
  "https://пример.рфthere": "https://пример.рф",
  "info@example.com查看": "info@example.com",
};
for (const [text, shown] of Object.entries(ENDS)) {
  test(`a change of script ends the address in ${text}`, () => assert.deepEqual(found(text).map(([first]) => first), [shown]));
}

const WHOLE = [
  "https://ja.wikipedia.org/wiki/東京",
  "https://ja.wikipedia.org/wiki/東京タワー",
  "https://ja.wikipedia.org/wiki/佐々木_小次郎",
  "https://zh.wikipedia.org/w/index.php?title=北京",
  "https://example.com/rooms-комнаты",
  "https://hi.wikipedia.org/wiki/हिन्दी",
  "https://fa.wikipedia.org/wiki/می\u200cخواهم",
  "https://th.wikipedia.org/wiki/กรุงเทพ",
  "https://münchen.example/straße",
  "https://пример.рф/страница",
  "https://123пример.рф/",
  "https://user:word@example.com:8080/a?b",
  "https://en.wikipedia.org/wiki/Michelson–Morley_experiment",
  "http://[::1]:8000/",
  "http://localhost/a",
];
for (const text of WHOLE) {
  test(`${text} stays whole`, () => assert.deepEqual(found(`См. ${text}, and`).map(([shown]) => shown), [text]));
}

test("half a name is no e-mail address", () => assert.deepEqual(found("max.müller@example.com"), []));

const SHAPES = ["a", "a@", ".", "_", "https://", "https://a", ")", "(", "東", "/東", "東a", "ж.", "u:", "a.b@c.d", "a@b.", "https://a?)"];
for (const shape of SHAPES) {
  test(`32,000 characters of ${shape} are looked through in no time`, () => {
    for (const beginning of ["", "https://example.com/", "https://", "a@"]) {
      const text = (beginning + shape.repeat(32_000)).slice(0, 32_000);
      const times = [1, 2, 3].map(() => {
        const begun = performance.now();
        assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
        return performance.now() - begun;
      });
      assert.ok(Math.min(...times) < 100, `${beginning}: ${times} ms`); // the machine may be busy
    }
  });
}

test("nothing else becomes a link, and no character is lost", () => {
  for (const text of ["javascript:alert(1)", "ftp://example.com", "https://", "www.example.com", "a@b", "1@2 3", "http://[", ""]) {
    assert.deepEqual(found(text), []);
  }
  const text = "a https://example.com/x. b c@example.com, https://[ d";
  assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
});
