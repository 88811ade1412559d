// What an empty chat shows: the bot's face, its greeting, and buttons to begin with.

import { imageAddress } from "../addresses.js";
import { element, icon } from "../view/dom.js";
import { BUBBLE } from "../view/panel.js";

const MOST = 4;

/** The bot's face: the site's picture, or a speech bubble if there is none or it can't be loaded. */
export function face(avatar, server) {
  const address = avatar && imageAddress(avatar, server);
  const drawn = icon(BUBBLE);
  const picture =
    address && element("img", { src: address, alt: "", referrerpolicy: "no-referrer", onerror: () => picture.replaceWith(drawn) });
  return element("span", { class: "face" }, picture || drawn);
}

/** starters: what a visitor may want to ask, at most four. say(text) says one of them for the visitor. */
export function greeting({ words, avatar, starters, server, say }) {
  const chips = starters
    .map((text) => text.trim())
    .filter(Boolean)
    .slice(0, MOST)
    .map((text) => element("button", { type: "button", part: "chip", dir: "auto", onclick: () => say(text) }, text));
  return [
    face(avatar, server),
    element("p", { dir: "auto" }, words),
    ...(chips.length ? [element("div", { class: "chips", part: "chips" }, ...chips)] : []),
  ];
}
