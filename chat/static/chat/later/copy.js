// Copying a text.

import { strings } from "../strings.js";

/** Whether the browser has a clipboard here. */
export const copies = Boolean(navigator.clipboard);

/** Copy a text, and return the result in words. announce(text) says it to a screen reader. */
export async function copy(text, announce) {
  const done = await navigator.clipboard.writeText(text).then(() => strings.copied, () => strings.uncopied);
  announce(done);
  return done;
}
