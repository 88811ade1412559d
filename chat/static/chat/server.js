// The chat's server, and ids for what is sent to it.

export const SERVER = new URL("../..", import.meta.url); // this module is at static/chat/, maybe below a path

export function socketAddress() {
  const address = new URL("ws/chat/", SERVER);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** 122 random bits or more. `randomUUID` is missing if the page came over plain http from another machine. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
