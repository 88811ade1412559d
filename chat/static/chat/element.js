// <chatbot-widget>: puts the conversation and its views together, and listens to the page around it.

import { Chat } from "./chat.js";
import { storage } from "./storage.js";
import { fill, strings } from "./strings.js";
import { css } from "./styles.js";
import { Announcer } from "./view/announcer.js";
import { Composer } from "./view/composer.js";
import { Log } from "./view/log.js";
import { Panel } from "./view/panel.js";
import { Unread } from "./view/unread.js";

const SERVER = new URL("/", import.meta.url);

function socketAddress() {
  const address = new URL("/ws/chat/", SERVER);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** 122 random bits or more; `randomUUID` is missing where the page came over plain http from another machine. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether focusing the field would push a keyboard onto the screen. */
const isTouch = () => matchMedia("(pointer: coarse)").matches;

export class ChatbotWidget extends HTMLElement {
  static observedAttributes = ["open"];

  #chat;
  #announcer = new Announcer();
  #composer;
  #log;
  #panel;
  #unread = new Unread();
  #listening = null;

  constructor() {
    super();
    this.#chat = new Chat({
      openSocket: () => new WebSocket(socketAddress()),
      clock: { setTimeout: (...args) => setTimeout(...args), clearTimeout: (timer) => clearTimeout(timer) },
      random: Math.random,
      now: () => new Date(),
      newId,
      storage,
      language: () => this.getAttribute("language"),
      on: {
        change: (state, previous) => this.#update(state, previous),
        arrival: (messages) => this.#arrived(messages),
      },
    });
    this.#composer = new Composer({
      draft: storage.draft,
      send: (text) => this.#chat.say(text),
      announce: (text) => this.#announcer.status(text),
    });
    this.#log = new Log({
      server: SERVER,
      say: (text) => {
        this.#chat.say(text);
        this.#focus();
      },
      retry: (id) => {
        this.#chat.retry(id);
        this.#focus();
      },
      edit: (id) => this.#edit(id),
      earlier: () => this.#chat.earlier(),
    });
    this.#panel = new Panel({
      log: this.#log.node,
      composer: this.#composer.node,
      unread: this.#unread,
      toggle: () => this.#show(!this.hasAttribute("open")),
      close: () => this.#show(false),
    });
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#panel.node, this.#panel.launcher, ...this.#announcer.nodes);
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing && this.hasAttribute("open")) this.#show(false);
    });
    this.#panel.show(false);
    this.#update(this.#chat.state, this.#chat.state);
  }

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const wake = () => {
      if (document.visibilityState !== "visible") return;
      this.#chat.wake();
      if (this.hasAttribute("open")) this.#unread.clear();
    };
    window.addEventListener("online", () => this.#chat.wake(), { signal });
    window.addEventListener("pageshow", wake, { signal });
    document.addEventListener("visibilitychange", wake, { signal });
    if (this.hasAttribute("open") || this.#chat.known) this.#chat.start();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#unread.clear();
    this.#chat.stop();
  }

  attributeChangedCallback() {
    const open = this.hasAttribute("open");
    if (open) this.#unread.clear();
    this.#panel.show(open);
    if (!open) return;
    this.#log.toEnd();
    if (this.isConnected) this.#chat.start();
  }

  /** What the visitor does: the focus follows. The attribute alone leaves it where it is. */
  #show(open) {
    this.toggleAttribute("open", open);
    if (open) this.#focus();
    else this.#panel.launcher.focus();
  }

  #focus() {
    if (isTouch()) this.#panel.node.focus();
    else this.#composer.focus();
  }

  #edit(id) {
    const { text } = this.#chat.state.messages.find((message) => message.id === id);
    this.#chat.discard(id);
    this.#composer.set([text, this.#composer.value].filter(Boolean).join("\n"));
    this.#composer.focus();
  }

  #update(state, previous) {
    this.#log.update(state);
    this.#panel.update(state);
    this.#composer.limit(state.maxCharacters);
    const news = this.#news(state, previous);
    if (news) this.#announcer.status(news);
  }

  #news(state, previous) {
    if (state.connection !== previous.connection) {
      if (state.connection === "lost" || state.connection === "stopped") return strings[state.connection];
      if (previous.connection === "lost" || previous.connection === "stopped") return strings.connected;
    }
    const failed = state.messages.find((message) => message.state === "failed" && !previous.messages.includes(message));
    if (failed) return failed.error.text ?? strings.unacknowledged;
    if (state.note && state.note !== previous.note) return state.note;
    if (state.typing && !previous.typing) return fill(strings.typing, { sender: strings.sender[state.typing] ?? "" });
    return null;
  }

  #arrived(messages) {
    messages.forEach((message) => this.#announceMessage(message));
    this.#log.arrived(messages.length);
    const open = this.hasAttribute("open");
    if (open && document.visibilityState === "visible") return;
    this.#unread.add(messages.length);
    this.#panel.show(open);
  }

  #announceMessage({ sender, text }) {
    if (text.trim()) this.#announcer.message(fill(strings.says, { sender: strings.sender[sender], text }));
  }
}
