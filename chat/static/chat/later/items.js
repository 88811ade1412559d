// What can be done with the conversation as a whole: the menu's list.

import { strings } from "../strings.js";
import { element } from "../view/dom.js";

const A_WHILE = 2_000;

/**
 * actions: {person(), sound(), copy(): returns the result in words, download(), end()}. person is null if nobody can be
 * asked for, copy if the browser has no clipboard. close(): ends the menu. Returns the list's node, and
 * update({messages, status}, sound).
 */
export function makeItems(actions, close) {
  const items = {};
  const item = (name, label, run) => {
    items[name] = element("button", { type: "button", part: "menu-item", onclick: run }, label);
    return element("li", {}, items[name]);
  };
  const copy = async () => {
    items.copy.textContent = await actions.copy();
    setTimeout(() => (items.copy.textContent = strings.copy_all), A_WHILE);
  };
  const closing = (run) => () => {
    close();
    run();
  };
  const node = element(
    "ul",
    { part: "menu", id: "menu", role: "list", hidden: true },
    actions.person ? item("person", strings.person, closing(actions.person)) : null,
    item("sound", strings.sound, actions.sound),
    actions.copy ? item("copy", strings.copy_all, copy) : null,
    item("download", strings.download, closing(actions.download)),
    item("end", strings.end, closing(actions.end)),
  );
  const update = ({ messages, status }, sound) => {
    const empty = !messages.some(({ seq }) => seq !== null);
    for (const name of ["copy", "download"]) if (items[name]) items[name].parentNode.hidden = empty;
    if (items.person) items.person.parentNode.hidden = status !== "bot";
    items.end.parentNode.hidden = empty || status === "closed";
    items.sound.setAttribute("aria-pressed", String(sound));
  };
  return { node, update };
}
