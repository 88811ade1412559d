// Whether modules, as they are served, parse to the same trees as their sources: reads [[source, served], ...] as JSON.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { parse } from "acorn";

const OPTIONS = { ecmaVersion: "latest", sourceType: "module" };

/** A module's tree without places and spellings, and with the names that its imports have in the source. */
function tree(text) {
  return JSON.parse(JSON.stringify(parse(text, OPTIONS), (key, value) => {
    if (["start", "end", "raw"].includes(key)) return undefined;
    if (typeof value === "bigint" || value instanceof RegExp) return String(value);
    return typeof value === "string" ? value.replace(/^(\.{1,2}\/.+)\.[0-9a-f]{12}\.js$/, "$1.js") : value;
  }));
}

for (const [source, served] of JSON.parse(readFileSync(0, "utf8"))) assert.deepEqual(tree(served), tree(source));
