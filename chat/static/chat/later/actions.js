// The buttons below a reply: copy it, and say whether it helped.

import { strings } from "../strings.js";
import { element, icon } from "../view/dom.js";
import { copies, copy } from "./copy.js";

const A_WHILE = 3_000;

const THUMB = [
  "M7 20V10l4.5-7c1.6 0 2.4 1.2 2 2.8L12.8 9H19c1.2 0 2 1 1.8 2.2l-1.2 7c-.2 1-1 1.8-2 1.8H7Z",
  "M3.5 10.5v9",
];
const ICONS = { copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"], up: THUMB, down: THUMB };

/**
 * The buttons for a reply {seq, text}. rate(seq, value): whether it was sent. announce(text) says a sentence to a screen
 * reader. Returns the node, and update({feedback}).
 */
export function makeActions({ announce, rate }, { seq, text }) {
  const said = element("span", { part: "state", hidden: true });
  let hiding = null;
  const tell = (words) => {
    said.textContent = words;
    said.hidden = false;
    clearTimeout(hiding);
    hiding = setTimeout(() => (said.hidden = true), A_WHILE);
  };
  const action = (name, label, run) =>
    element(
      "button",
      { type: "button", part: "action", "data-action": name, "aria-label": label, onclick: run },
      icon(...ICONS[name]),
    );
  const thumb = (value, label) => {
    const button = action(value, label, () => {
      const taken = button.getAttribute("aria-pressed") === "true";
      if (!rate(seq, taken ? null : value) || taken) return;
      tell(strings.thanks);
      announce(strings.thanks);
    });
    return button;
  };
  const thumbs = { up: thumb("up", strings.helpful), down: thumb("down", strings.unhelpful) };
  const node = element(
    "span",
    { class: "tools" },
    copies && text.trim() ? action("copy", strings.copy, async () => tell(await copy(text, announce))) : null,
    ...Object.values(thumbs),
    said,
  );
  const update = ({ feedback }) => {
    for (const [value, button] of Object.entries(thumbs)) button.setAttribute("aria-pressed", String(feedback === value));
  };
  return { node, update };
}
