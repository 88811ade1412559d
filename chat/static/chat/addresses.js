// Which addresses from a reply may become a link or an image. All others stay text, or nothing.

const LINKS = ["http:", "https:", "mailto:", "tel:"];
const IMAGES = ["http:", "https:"];

function allowed(text, schemes, base) {
  try {
    const url = new URL(text, base);
    return schemes.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The address for a link, or null. It must be whole: a path would mean another place on every page. */
export const linkAddress = (text) => allowed(text, LINKS);

/** The address for an image, or null: whole, or a path on the chat's own server. */
export const imageAddress = (text, server) => allowed(text, IMAGES, String(text).startsWith("/") ? server : undefined);

export const opensTab = (address) => /^https?:/.test(address);
