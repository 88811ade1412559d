// Makes what the chat consists of, and connects it with the conversation.

import { strings } from "../strings.js";
import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { Menu } from "./menu.js";
import { Panel } from "./panel.js";

/**
 * chat: the conversation. storage: what the browser keeps. site: its settings. unread: the launcher's badge.
 * announce(text) says a sentence to a screen reader. say(text): whether it was said for the visitor. focus(), open() and
 * close() are about the panel. Returns {composer, log, menu, panel, unread, press(text)}; press is for a button that says
 * something.
 */
export function makeViews({ server, chat, storage, site, unread, announce, say, focus, open, close }) {
  const lost = () => composer.tell(strings.lost);
  const press = (text) => {
    say(text);
    focus();
  };
  const composer = new Composer({
    draft: storage.draft,
    send: say,
    type: () => chat.type(),
    announce,
    recall: () => chat.state.messages.findLast(({ sender }) => sender === "visitor")?.text ?? null,
    page: (direction) => log.page(direction),
  });
  const log = new Log({
    server,
    say: press,
    retry: (id) => {
      chat.retry(id);
      log.toEnd(); // the visitor writes there
      focus();
    },
    discard: (id) => {
      chat.discard(id);
      focus();
    },
    edit: (id) => {
      const { text } = chat.state.messages.find((message) => message.id === id);
      chat.discard(id);
      composer.set([text, composer.value].filter(Boolean).join("\n"));
      composer.focus();
    },
    earlier: () => chat.earlier(),
    rate: (seq, value) => {
      const sent = chat.rate(seq, value);
      if (!sent) lost();
      return sent;
    },
    announce,
  });
  // What is seldom needed is loaded when it is.
  const load = async (closeMenu) => {
    const { makeItems } = await import("../later/items.js");
    return makeItems({ chat, sound: storage.sound, person: site.person, say, lost, announce, close: closeMenu });
  };
  const menu = new Menu({ load, fail: lost });
  const panel = new Panel({
    menu: menu.node,
    log: log.node,
    composer: composer.node,
    unread,
    open,
    close,
    retry: () => chat.wake(),
    begin: () => {
      chat.begin();
      focus();
    },
  });
  return { composer, log, menu, panel, unread, press };
}
