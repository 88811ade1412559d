// What the page's developer reads in the console if there can be no chat.

/** Why the page may not show the chat. The server's own words can't be read on a foreign page. */
export function refusal(server) {
  const { origin } = globalThis; // `location` has one also where the browser gives the page none
  if (origin === "null") {
    return (
      `The chat of ${server.origin} may not be shown on a page without an origin. If the page is in a frame with the ` +
      `attribute sandbox, add allow-same-origin to it. If it was opened as a file, open it from a web server. Trying ` +
      `again without that doesn't help.`
    );
  }
  return (
    `The chat of ${server.origin} may not be shown on pages of ${origin}. Its staff can add ${origin} in the admin under ` +
    `Sites, or make its site active there. Then load the page again.`
  );
}

/** A server that answers while no WebSocket reaches it. */
export const noSocket = (server, address) =>
  `${server.origin} answers, but no WebSocket reaches it at ${address}. Let the proxy in front of it pass WebSocket ` +
  `upgrades on. The chat keeps trying.`;
