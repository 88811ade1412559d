// What the server says about the page that shows the chat: its texts, its looks, and whether it may show the chat at all.

const PATIENCE = 10_000;
const UNREADABLE = Symbol("unreadable");

/**
 * Ask once. Returns {site}, or {refusal: sentence} if the page may not show the chat. Null if the server can't be
 * reached, or something else answers.
 */
export async function ask(server, language, { fetch = globalThis.fetch } = {}) {
  const address = new URL("site.json", server);
  if (language) address.searchParams.set("language", language);
  const get = (url, options) => fetch(url, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE), ...options });
  const read = async () => {
    try {
      const response = await get(address);
      if (response.ok) return { site: await response.json() };
      if (response.status !== 403) return null;
      const { error } = await response.json();
      return { refusal: error.message };
    } catch (error) {
      return error instanceof TypeError && server.origin !== globalThis.origin ? UNREADABLE : null;
    }
  };
  const answer = await read();
  if (answer !== UNREADABLE) return answer;
  // A foreign page may not read a refusal, so a refusal looks like a server that is down. But all pages may read the
  // widget's own address. If that one answers and the first still doesn't, it was a refusal.
  try {
    const response = await get(new URL("widget.js", server), { cache: "no-store" });
    if (!response.ok) return null;
  } catch {
    return null;
  }
  const again = await read();
  return again === UNREADABLE ? { refusal: (await import("./later/trouble.js")).refusal(server) } : again;
}
