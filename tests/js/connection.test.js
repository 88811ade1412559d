import assert from "node:assert/strict";
import test from "node:test";

import { backOff, Connection } from "../../chat/static/chat/connection.js";
import { FakeClock, FakeNetwork, ready } from "./fakes.js";

function connect({ openSocket } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const seen = [];
  const on = Object.fromEntries(["open", "data", "lost", "stopped"].map((name) => [name, () => seen.push(name)]));
  const waits = [];
  on.lost = (wait) => {
    seen.push("lost");
    waits.push(wait);
  };
  on.trying = () => waits.push("trying");
  const connection = new Connection({ openSocket: openSocket ?? network.open, clock, random: () => 1, on });
  connection.start();
  const settle = () => {
    network.last.accept();
    network.last.deliver(ready());
    connection.settle();
  };
  return { clock, network, seen, waits, connection, settle };
}

test("the first wait is half a second to a second, and the longest thirty seconds", () => {
  assert.equal(backOff(0, () => 0), 500);
  assert.equal(backOff(0, () => 1), 1000);
  assert.equal(backOff(1, () => 1), 2000);
  assert.equal(backOff(50, () => 1), 30_000);
  assert.equal(backOff(50, () => 0), 500);
});

test("a lost connection comes back, later each time", () => {
  const { clock, network, seen } = connect();
  network.last.end(1006);
  assert.deepEqual(seen, ["lost"]);
  clock.move(999);
  assert.equal(network.sockets.length, 1);
  clock.move(1);
  assert.equal(network.sockets.length, 2);
  network.last.end(1006);
  clock.move(1999);
  assert.equal(network.sockets.length, 2);
  clock.move(1);
  assert.equal(network.sockets.length, 3);
});

test("it tells how long it waits, and when it tries", () => {
  const { clock, network, waits, connection } = connect();
  network.last.end(1006);
  clock.move(1000);
  network.last.end(1006);
  connection.wake();
  assert.deepEqual(waits, [1000, "trying", 2000, "trying"]);
});

test("what the visitor tries before its time makes the waits no longer", () => {
  const { clock, network, waits, connection } = connect();
  network.last.end(1006);
  clock.move(1000);
  network.last.end(1006);
  for (let time = 0; time < 5; time += 1) {
    connection.wake();
    network.last.end(1006);
  }
  assert.deepEqual(waits.filter((wait) => wait !== "trying"), [1000, 2000, 2000, 2000, 2000, 2000, 2000]);
});

test("once greeted, the next loss begins with the short wait again", () => {
  const { clock, network, settle } = connect();
  network.last.end(1006);
  clock.move(1000);
  settle();
  network.last.end(1006);
  clock.move(1000);
  assert.equal(network.sockets.length, 3);
});

test("a server that accepts but never greets isn't hammered", () => {
  const { clock, network } = connect();
  network.last.accept();
  network.last.end(1011);
  clock.move(1000);
  network.last.accept();
  network.last.end(1011);
  clock.move(1999);
  assert.equal(network.sockets.length, 2);
});

test("it stays away where the server says so, until it is started again", () => {
  const { clock, network, seen, connection } = connect();
  network.last.end(4500);
  clock.move(3_600_000);
  connection.wake();
  assert.deepEqual(seen, ["stopped"]);
  assert.equal(network.sockets.length, 1);
  connection.start();
  assert.equal(network.sockets.length, 2);
});

test("it asks for a sign of life every 25 seconds, and an answer keeps the socket", () => {
  const { clock, network, settle } = connect();
  settle();
  for (let beat = 1; beat <= 3; beat += 1) {
    clock.move(25_000);
    assert.deepEqual(network.last.sent, Array(beat).fill({ type: "ping" }));
    network.last.deliver({ type: "pong" });
  }
  assert.equal(network.sockets.length, 1);
});

test("no answer within ten seconds is a lost connection", () => {
  const { clock, network, seen, settle } = connect();
  settle();
  clock.move(34_999);
  assert.equal(seen.includes("lost"), false);
  clock.move(1);
  assert.equal(seen.includes("lost"), true);
  assert.equal(network.sockets[0].closed, true);
  clock.move(1000);
  assert.equal(network.sockets.length, 2);
});

test("a socket that never opens is given up after ten seconds", () => {
  const { clock, network } = connect();
  clock.move(11_000);
  assert.equal(network.sockets.length, 2);
});

test("the network's return ends the wait", () => {
  const { network, connection } = connect();
  network.last.end(1006);
  connection.wake();
  assert.equal(network.sockets.length, 2);
});

test("waking up with an open socket proves that it is alive", () => {
  const { clock, network, connection, settle } = connect();
  settle();
  connection.wake();
  connection.wake();
  assert.deepEqual(network.last.sent, [{ type: "ping" }]);
  clock.move(11_000);
  assert.equal(network.sockets.length, 2);
});

test("an address that the page's policy forbids is a server that can't be reached", () => {
  const { seen } = connect({
    openSocket: () => {
      throw new Error("SecurityError");
    },
  });
  assert.deepEqual(seen, ["lost"]);
});

test("once stopped, nothing is heard of the old socket", () => {
  const { clock, network, seen, connection, settle } = connect();
  settle();
  connection.stop();
  network.last.end(1006);
  clock.move(3_600_000);
  assert.equal(network.sockets.length, 1);
  assert.equal(seen.includes("lost"), false);
});

test("stopped on its way, a socket is closed once it has come, and nothing is heard of it", () => {
  const { network, seen, connection } = connect();
  connection.stop();
  assert.equal(network.last.closed, false);
  network.last.accept();
  network.last.deliver(ready());
  assert.equal(network.last.closed, true);
  assert.deepEqual(seen, []);
});

test("a socket that doesn't come is closed, since a browser begins no other one to the server meanwhile", () => {
  const { clock, network } = connect();
  clock.move(10_000);
  assert.equal(network.last.closed, true);
});
