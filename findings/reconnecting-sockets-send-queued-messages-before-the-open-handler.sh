#!/usr/bin/env bash
#
# Expected: The open handler runs first, so that a protocol can begin with its hello, and the queue follows.
# Seen: Both libraries empty their queue and then tell the listeners. A server that demands a hello first
#   refuses the queued messages after every reconnection. They come back after every close code, the server's
#   normal 1000 included.
# Versions: reconnecting-websocket 4.4.0, partysocket 1.3.0, ws 8.23.0
# Source: none found
# Output seen:
#   reconnecting-websocket 4.4.0 - first connection: [ 'queued', 'hello' ] - after 1000 and 4500: [ 'hello' ] [
#     'hello' ]
#   partysocket 1.3.0 - first connection: [ 'queued', 'hello' ] - after 1000 and 4500: [ 'hello' ] [ 'hello' ]
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --no-package-lock reconnecting-websocket@4.4.0 partysocket@1.3.0 ws@8.23.0

cat >find.mjs <<'JAVASCRIPT'
import assert from "node:assert";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { WebSocket as PartySocket } from "partysocket";
import ReconnectingWebSocket from "reconnecting-websocket";
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
let received;
let whenComplete;
server.on("connection", (socket) => {
  const messages = [];
  received.push(messages);
  socket.on("message", (data) => {
    messages.push(String(data));
    if (messages.at(-1) === "hello") {
      if (received.length === 3) whenComplete();
      else socket.close(received.length === 1 ? 1000 : 4500);
    }
  });
});
for (const [name, Client] of Object.entries({ "reconnecting-websocket": ReconnectingWebSocket, partysocket: PartySocket })) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`));
  received = [];
  const complete = new Promise((resolve) => (whenComplete = resolve));
  const options = { WebSocket, minReconnectionDelay: 50, maxReconnectionDelay: 100 };
  const client = new Client(`ws://127.0.0.1:${server.address().port}/`, [], options);
  client.addEventListener("open", () => client.send("hello"));
  client.send("queued");
  await complete;
  client.close();
  console.log(name, version, "- first connection:", received[0], "- after 1000 and 4500:", received[1], received[2]);
  assert.deepEqual(received, [["queued", "hello"], ["hello"], ["hello"]]);
}
process.exit(0);
JAVASCRIPT
node find.mjs
