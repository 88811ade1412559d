// What can be done with the conversation as a whole: the menu's list.

import { locale, strings } from "../strings.js";
import { element } from "../view/dom.js";
import { copies, copy } from "./copy.js";
import { chime } from "./sound.js";
import { download, transcript } from "./transcript.js";

const A_WHILE = 2_000;

/**
 * chat: the conversation. sound: whether new messages sound, {read(), write(text)}. person: whether one can be asked for.
 * say(text) says something for the visitor. lost() says that there is no connection, announce(text) says a sentence to a
 * screen reader, and close() ends the menu. Returns the list's node, and update({messages, status}).
 */
export function makeItems({ chat, sound, person, say, lost, announce, close }) {
  const items = {};
  const item = (name, label, run) => {
    items[name] = element("button", { type: "button", part: "menu-item", onclick: run }, label);
    return element("li", {}, items[name]);
  };
  const closing = (run) => () => {
    close();
    run();
  };
  const whole = async () => transcript(await chat.complete(), locale());
  const copyWhole = async () => {
    items.copy.textContent = await copy(await whole(), announce);
    setTimeout(() => (items.copy.textContent = strings.copy_all), A_WHILE);
  };
  const switchSound = () => {
    sound.write(sound.read() ? "" : "on");
    if (sound.read()) chime();
    update(state);
  };
  const cancel = element("button", { type: "button", part: "menu-item", onclick: () => ask(false) }, strings.cancel);
  const question = element(
    "li",
    { hidden: true },
    element(
      "div",
      { role: "group", "aria-labelledby": "end" },
      element("p", { id: "end", class: "question", dir: "auto" }, strings.end_ask),
      element("button", { type: "button", part: "menu-item", onclick: closing(() => chat.end() || lost()) }, strings.end_yes),
      cancel,
    ),
  );
  const node = element(
    "ul",
    {
      part: "menu",
      id: "menu",
      role: "list",
      hidden: true,
      onfocusout: ({ relatedTarget }) => asks && !node.contains(relatedTarget) && show(false),
    },
    person ? item("person", strings.person, closing(() => say(strings.person))) : null,
    item("sound", strings.sound, switchSound),
    copies ? item("copy", strings.copy_all, copyWhole) : null,
    item("download", strings.download, closing(async () => download(strings.conversation, await whole()))),
    item("end", strings.end, () => ask(true)),
    question,
  );
  let asks = false; // whether to end, in the place of the list
  let state;
  const show = (asking) => {
    asks = asking;
    update(state);
  };
  const ask = (asking) => {
    question.hidden = items.end.parentNode.hidden = false; // what has the focus may only disappear after it has moved
    (asking ? cancel : items.end).focus();
    show(asking);
  };
  const update = (latest) => {
    state = latest;
    const { messages, status } = latest;
    const empty = !messages.some(({ seq }) => seq !== null);
    const hidden = { copy: empty, download: empty, person: status !== "bot", end: empty || status === "closed" };
    if (hidden.end) asks = false;
    for (const [name, button] of Object.entries(items)) button.parentNode.hidden = asks || Boolean(hidden[name]);
    question.hidden = !asks;
    items.sound.setAttribute("aria-pressed", String(Boolean(sound.read())));
  };
  return { node, update };
}
