#!/usr/bin/env bash
#
# Expected: One leading U+FEFF is ignored. The standard's grammar of an event stream names it.
# Seen: The mark becomes part of the first field's name, so the line is an unknown field and the event has no
#   data. TextDecoder removes the mark unless ignoreBOM is set; Python's utf-8 leaves it.
# Versions: eventsource-parser 3.1.1
# Source: HTML standard, server-sent events: stream = [ bom ] *event
# Output seen:
#   eventsource-parser 3.1.1
#   events [ 'second' ] errors [ 'unknown-field' ]
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --no-package-lock eventsource-parser@3.1.1

cat >find.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { createParser } from "eventsource-parser";

const { version } = JSON.parse(readFileSync("node_modules/eventsource-parser/package.json"));
console.log("eventsource-parser", version);
const events = [];
const errors = [];
const parser = createParser({ onEvent: (event) => events.push(event.data), onError: (error) => errors.push(error.type) });
parser.feed("\ufeffdata: first\n\ndata: second\n\n");
console.log("events", events, "errors", errors);
assert.deepEqual(events, ["second"]);
assert.deepEqual(errors, ["unknown-field"]);
JAVASCRIPT
node find.mjs
