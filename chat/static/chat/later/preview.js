// The last unread reply, beside the launcher. It is no live region: the log has announced the reply already.

import { called, fill, foreign, strings } from "../strings.js";
import { element, icon, unseen } from "../view/dom.js";
import { CROSS } from "../view/panel.js";

const MOST = 140; // characters

/**
 * Show a message in `holder`, or nothing if it is null or has no words. open() opens the chat. dismiss() is called after
 * the visitor has put it away.
 */
export function showPreview(holder, message, { open, dismiss }) {
  const text = message?.text.trim() ?? "";
  holder.hidden = text === "";
  if (holder.hidden || holder.dataset.key === message.key) return;
  holder.dataset.key = message.key;
  const characters = [...text];
  const brief = characters.length > MOST ? `${characters.slice(0, MOST).join("").trim()}…` : text;
  const who = unseen(fill(strings.says, { sender: called(message), text: "" }));
  const words = element("span", { dir: "auto", lang: foreign(message.language) }, brief);
  holder.replaceChildren(
    element("button", { type: "button", part: "preview-text", onclick: open }, who, words),
    element("button", { type: "button", part: "dismiss", "aria-label": strings.hide, onclick: dismiss }, icon(CROSS)),
  );
}
