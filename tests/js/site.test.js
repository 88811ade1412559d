import assert from "node:assert/strict";
import test from "node:test";

import { ask } from "../../chat/static/chat/site.js";

const SERVER = new URL("https://chat.example.com/");
globalThis.origin = "https://shop.example.com";

/** A network that answers by path: with a status and a body, or not at all. */
function network(answers) {
  const asked = [];
  const fetch = async (address) => {
    asked.push(String(address));
    const answer = answers[address.pathname];
    if (!answer) throw new TypeError("Failed to fetch");
    const [status, body] = answer;
    return { ok: status === 200, status, json: async () => body };
  };
  return { asked, fetch };
}

test("the site's settings are asked for, in the language that the page names", async () => {
  const { asked, fetch } = network({ "/site.json": [200, { title: "Shop" }] });
  assert.deepEqual(await ask(SERVER, "de", { fetch }), { site: { title: "Shop" } });
  await ask(SERVER, null, { fetch });
  assert.deepEqual(asked, ["https://chat.example.com/site.json?language=de", "https://chat.example.com/site.json"]);
});

test("a refusal that may be read gives the server's sentence", async () => {
  const { fetch } = network({ "/site.json": [403, { error: { message: "Not here." } }] });
  assert.deepEqual(await ask(SERVER, null, { fetch }), { refusal: "Not here." });
});

test("a refusal that a foreign page may not read is known by the server's being there", async () => {
  const { fetch } = network({ "/widget.js": [200] });
  const { refusal } = await ask(SERVER, null, { fetch });
  assert.match(refusal, /https:\/\/chat\.example\.com .* https:\/\/shop\.example\.com/);
});

test("a frame that the page has sandboxed, and a file, have no origin that could be listed", async (context) => {
  globalThis.location = { origin: "https://shop.example.com" };
  globalThis.origin = "null";
  context.after(() => {
    globalThis.origin = "https://shop.example.com";
    delete globalThis.location;
  });
  const { fetch } = network({ "/widget.js": [200] });
  const { refusal } = await ask(SERVER, null, { fetch });
  assert.match(refusal, /sandbox.*allow-same-origin.*file/);
  assert.doesNotMatch(refusal, /shop\.example\.com|Sites/);
});

test("a server that is away or ill is no refusal", async () => {
  assert.equal(await ask(SERVER, null, network({})), null);
  assert.equal(await ask(SERVER, null, network({ "/site.json": [502], "/widget.js": [200] })), null);
  assert.equal(await ask(SERVER, null, network({ "/widget.js": [502] })), null);
});

test("a server that comes back while it is asked is no refusal", async () => {
  const { fetch } = network({ "/site.json": [200, { title: "Shop" }], "/widget.js": [200] });
  let lost = true;
  const unsteady = (address, options) => {
    if (!lost) return fetch(address, options);
    lost = false;
    return Promise.reject(new TypeError("Failed to fetch"));
  };
  assert.deepEqual(await ask(SERVER, null, { fetch: unsteady }), { site: { title: "Shop" } });
});

test("a server that is slow, or on the page's own origin out of reach, is no refusal", async () => {
  const { fetch } = network({ "/widget.js": [200] });
  const slow = (address, options) =>
    address.pathname === "/site.json" ? Promise.reject(new DOMException("", "TimeoutError")) : fetch(address, options);
  assert.equal(await ask(SERVER, null, { fetch: slow }), null);
  assert.equal(await ask(new URL("https://shop.example.com/"), null, { fetch }), null);
});
