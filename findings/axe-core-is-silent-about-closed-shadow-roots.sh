#!/usr/bin/env bash
#
# Expected: axe can't look into a closed root, and says so: the host element is reported as incomplete.
# Seen: The result is clean. Only the smaller number of passed rules tells.
# Versions: axe-core 4.14.1, jsdom 24.1.3
# Source: none found about the silence
# Output seen:
#   axe-core 4.14.1
#   open {"violations":["button-name","image-alt","label"],"incomplete":[]}
#   closed {"violations":[],"incomplete":[]}
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --no-package-lock axe-core@4.14.1 jsdom@24.1.3

cat >find.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const source = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const found = {};
for (const mode of ["open", "closed"]) {
  const page = "<!doctype html><html lang=en><title>Page</title><main><h1>Page</h1><div id=host></div></main>";
  const { window } = new JSDOM(page, { runScripts: "outside-only", pretendToBeVisual: true });
  window.eval(source);
  const root = window.document.getElementById("host").attachShadow({ mode });
  root.innerHTML = "<button></button><img src=photo.png><input>";
  const result = await window.axe.run({ rules: { "color-contrast": { enabled: false } } }); // needs a real browser
  const about = (list) => list.filter(({ nodes }) => nodes.some(({ target }) => String(target).includes("host")));
  found[mode] = { violations: result.violations.map(({ id }) => id), incomplete: about(result.incomplete).map(({ id }) => id) };
  if (mode === "open") console.log("axe-core", result.testEngine.version);
  console.log(mode, JSON.stringify(found[mode]));
}
assert.deepEqual(found.open.violations, ["button-name", "image-alt", "label"]);
assert.deepEqual(found.closed, { violations: [], incomplete: [] });
JAVASCRIPT
node find.mjs
