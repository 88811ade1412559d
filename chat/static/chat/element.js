// <chatbot-widget>: puts the conversation and its views together, and listens to the page around it.

import { Chat } from "./chat.js";
import { backOff } from "./connection.js";
import { characters, isEmpty } from "./protocol.js";
import { ask } from "./site.js";
import { unread } from "./state.js";
import { storageFor, written } from "./storage.js";
import { called, fill, foreign, locale, sentence, speak, strings } from "./strings.js";
import { css, host } from "./styles.js";
import { Announcer } from "./view/announcer.js";
import { Composer } from "./view/composer.js";
import { element } from "./view/dom.js";
import { Focus, isTyping } from "./view/focus.js";
import { Log } from "./view/log.js";
import { Menu } from "./view/menu.js";
import { Panel } from "./view/panel.js";
import { seal } from "./view/seal.js";
import { Sheet } from "./view/sheet.js";
import { Unread } from "./view/unread.js";

const SERVER = new URL("../..", import.meta.url); // this module is at static/chat/, maybe below a path

function socketAddress() {
  const address = new URL("ws/chat/", SERVER);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** 122 random bits or more. `randomUUID` is missing if the page came over plain http from another machine. */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The second click of a double click does nothing: it would undo the first, or repeat it. Nor does Enter while it is
 * held: the focus may have moved.
 */
function onlyOnce(event) {
  if (event.detail < 2 && !(event.repeat && event.key === "Enter" && !event.shiftKey)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Whether focusing the field would push a keyboard onto the screen. */
const isTouch = () => matchMedia("(pointer: coarse)").matches;

const OPTIONS = ["language", "theme", "position", "title", "greeting"];

export class ChatbotWidget extends HTMLElement {
  static observedAttributes = ["open", ...OPTIONS];
  static #isAny = false;
  static #placed = null; // the script's own element, until the page has one

  #chat;
  #storage = storageFor(SERVER);
  #announcer = new Announcer();
  #styles = []; // sheets belong to one document: to the one that the element is in
  #instead = element("slot"); // the page's own content, shown if there is no chat
  #root = element("dialog", { class: "root" });
  #sheet = new Sheet(this.#root, () => this.#dismiss());
  #before = new Focus(this);
  #isOpen = false;
  #wished = false; // the page wants the panel open once the chat can be shown
  #opener = () => this.#bringUp();
  #site = null;
  #views = null; // {composer, log, menu, panel, unread}, once the texts are loaded
  #listening = null;
  #focusOnceDrawn = false;
  #complained = false; // that no WebSocket comes through
  #asked = 0; // how often the site's settings were asked for: only the last question counts
  #loaded;
  #loading = new Promise((resolve) => (this.#loaded = resolve)); // until the texts are loaded, or the server has refused

  constructor() {
    super();
    this.#chat = new Chat({
      openSocket: () => new WebSocket(socketAddress()),
      clock: { setTimeout: (...args) => setTimeout(...args), clearTimeout: (timer) => clearTimeout(timer) },
      random: Math.random,
      now: () => new Date(),
      newId,
      storage: this.#storage,
      language: () => this.getAttribute("language"),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      on: {
        change: (state, previous) => this.#update(state, previous),
        arrival: (messages) => this.#arrived(messages),
        forgotten: () => this.#forgotten(),
      },
    });
    const shadow = this.attachShadow({ mode: "open" });
    shadow.append(this.#instead, this.#root);
    this.#instead.hidden = true;
    this.adoptedCallback();
    // Not on the shadow root, through which what happens in the page's own words passes, too.
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    seal(this.#root);
    for (const type of ["click", "keydown"]) this.#root.addEventListener(type, onlyOnce, { capture: true });
  }

  /**
   * `open()` shows the panel and puts the focus into it. Frameworks set as a property what a template names: true, or ""
   * where it names no value, shows the panel, and false, null or undefined hides it.
   */
  get open() {
    return this.#opener;
  }

  set open(value) {
    const open = value === "" || Boolean(value);
    this.#wished = open && !this.#views;
    if (!this.#wished) this.#turn(open);
  }

  close() {
    this.#wished = false;
    this.#turn(false);
  }

  get isOpen() {
    return this.#isOpen;
  }

  /**
   * Send a message for the visitor. Resolves when the message is shown. Rejects with a RangeError if the text is empty or
   * too long, or if too many wait for the connection, and with an Error if the page may not show the chat.
   */
  async send(text) {
    await this.#loading;
    if (!this.#views) throw new Error("This page may not show the chat. The console says why.");
    const words = String(text).trim();
    const limit = this.#chat.state.maxCharacters ?? this.#site.limits.message_characters;
    if (isEmpty(words) || characters(words) > limit) throw new RangeError(`A message has 1 to ${limit} characters.`);
    if (!this.#say(words)) throw new RangeError("Too many messages wait for the connection. Try again when it is back.");
  }

  /** Forget this visitor and all that the browser holds of the conversation, for applications that log people out. */
  forget() {
    this.#chat.forget();
  }

  /** Put one into a page that has none yet, with the attributes that `read` gives by name, null where there is none. */
  static place(read) {
    if (ChatbotWidget.#isAny) return;
    const widget = document.createElement("chatbot-widget");
    ChatbotWidget.#placed = widget;
    for (const name of ChatbotWidget.observedAttributes) {
      if (read(name) !== null) widget.setAttribute(name, read(name));
    }
    document.body.append(widget);
  }

  connectedCallback() {
    ChatbotWidget.#isAny = true;
    if (this !== ChatbotWidget.#placed) ChatbotWidget.#placed?.remove();
    this.#takeUp();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const wake = () => {
      if (document.visibilityState !== "visible") return;
      this.#chat.wake();
      this.#views?.log.refresh();
      if (this.#isOpen && this.#views?.log.follows) this.#toUnread();
      this.#look();
    };
    window.addEventListener("online", () => this.#chat.wake(), { signal });
    const offline = () => {
      this.#chat.offline();
      this.#update(this.#chat.state, this.#chat.state);
    };
    window.addEventListener("offline", offline, { signal });
    // A page that was left may be kept with its socket, which others could have.
    window.addEventListener("pagehide", ({ persisted }) => persisted && this.#chat.leave(), { signal });
    const comeBack = ({ persisted }) => {
      wake();
      if (persisted) this.#connect();
    };
    window.addEventListener("pageshow", comeBack, { signal });
    document.addEventListener("visibilitychange", wake, { signal });
    const { token, conversation, seen } = this.#storage;
    const followed = [token.key, conversation.key, seen.key, null]; // null: all was cleared
    const follow = ({ key }) => this.#views && followed.includes(key) && this.#chat.follow();
    window.addEventListener("storage", follow, { signal });
    written.addEventListener("storage", follow, { signal }); // by another chat on the page
    window.addEventListener("keydown", (event) => this.#outside(event), { signal });
    this.#sheet.listen(signal);
    this.#load(signal);
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#sheet.show(false);
    this.#views?.unread.show(0);
    this.#chat.stop();
  }

  /** In another document, such as a picture-in-picture window, the element has lost its styles. */
  adoptedCallback() {
    const { defaultView } = this.ownerDocument;
    this.#styles = [css, host].map((text) => {
      const sheet = defaultView && new defaultView.CSSStyleSheet(); // null in a document that nobody sees
      sheet?.replaceSync(text);
      return sheet;
    });
    this.#showInstead(!this.#instead.hidden);
  }

  attributeChangedCallback(name, previous, value) {
    if (name === "open") {
      // Pages that are morphed, and frameworks that own the attributes, take it away at any time.
      if (previous !== null || value === null) return;
      this.#wished = true;
      this.#fulfil();
    } else if (this.#views && this.isConnected) {
      this.#dress();
      if (name !== "language" || value === previous) return;
      this.#load(this.#listening.signal);
      this.#chat.renew();
    }
  }

  /** Properties that a page set before the script was loaded would hide ours. */
  #takeUp() {
    for (const name of ChatbotWidget.observedAttributes.filter((option) => Object.hasOwn(this, option))) {
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
  }

  /** Ask the server how the chat looks here, until it answers, and show the launcher. */
  async #load(signal) {
    this.#asked += 1;
    const asked = this.#asked;
    if (document.prerendering) {
      await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
    }
    for (let failures = 0; ; failures += 1) {
      const language = this.getAttribute("language");
      const answer = await ask(SERVER, language);
      if (signal.aborted || asked !== this.#asked) return;
      if (language !== this.getAttribute("language")) continue;
      if (answer?.refusal) return this.#refuse(answer.refusal);
      if (answer) return this.#draw(answer.site);
      if (!this.#views) this.#showInstead(true);
      await new Promise((resolve) => {
        setTimeout(resolve, backOff(failures, Math.random));
        window.addEventListener("online", resolve, { signal, once: true });
      });
    }
  }

  /** A socket can't say why it was refused. Staff may have removed this page's site meanwhile. */
  async #checkWelcome() {
    const answer = await ask(SERVER, this.getAttribute("language"));
    if (!this.#views) return;
    if (answer?.refusal) this.#refuse(answer.refusal);
    if (!answer?.site || !this.#chat.state.unreachable || this.#complained) return;
    this.#complained = true;
    console.error(
      `chatbot-widget: ${SERVER.origin} answers, but no WebSocket reaches it at ${socketAddress()}. Let the proxy in front ` +
        `of it pass WebSocket upgrades on. The chat keeps trying.`,
    );
  }

  /** The page's own content, which looks as if there were no chat. */
  #showInstead(shown) {
    this.#instead.hidden = !shown;
    this.shadowRoot.adoptedStyleSheets = (shown ? this.#styles.slice(0, 1) : this.#styles).filter(Boolean);
  }

  /** The site may not show the chat: tell the page's developer why, and don't show it. */
  #refuse(sentence) {
    this.#chat.stop();
    this.#views?.unread.show(0);
    this.#views = null;
    this.#root.replaceChildren();
    this.#showInstead(true);
    this.#loaded();
    console.error(`chatbot-widget: ${sentence}`);
    this.#tell("error", { code: "origin_not_allowed", message: sentence, temporary: false });
  }

  #draw(site) {
    this.#site = site;
    this.#showInstead(this.#chat.state.unreachable);
    speak(site.language, site.strings);
    const lost = () => composer.tell(strings.lost);
    const copy = navigator.clipboard ? (text) => this.#copy(text) : null;
    const composer = new Composer({
      draft: this.#storage.draft,
      send: (text) => this.#say(text),
      type: () => this.#chat.type(),
      announce: (text) => this.#announcer.status(text),
      recall: () => this.#chat.state.messages.findLast(({ sender }) => sender === "visitor")?.text ?? null,
      page: (direction) => log.page(direction),
    });
    if (this.#views) composer.set(this.#views.composer.value); // if the browser stores nothing, it is only there
    const log = new Log({
      server: SERVER,
      say: (text) => {
        this.#say(text);
        this.#focus();
      },
      retry: (id) => {
        this.#chat.retry(id);
        log.toEnd(); // the visitor writes there
        this.#focus();
      },
      discard: (id) => {
        this.#chat.discard(id);
        this.#focus();
      },
      edit: (id) => this.#edit(id),
      earlier: () => this.#chat.earlier(),
      rate: (seq, value) => {
        const sent = this.#chat.rate(seq, value);
        if (!sent) lost();
        else if (value) this.#announcer.status(strings.thanks);
      },
      copy,
    });
    const actions = {
      person: site.person ? () => this.#say(strings.person) : null,
      sound: () => {
        this.#storage.sound.write(this.#sounds ? "" : "on");
        this.#chime();
        menu.update(this.#chat.state, this.#sounds);
      },
      copy: copy && (() => this.#transcript().then(({ text }) => copy(text), () => strings.lost)),
      download: () =>
        this.#transcript().then(({ text, download }) => download(strings.conversation, text)).catch(lost),
      end: () => this.#chat.end() || lost(),
    };
    // What is seldom needed is loaded when it is.
    const load = async (close) => (await import("./later/items.js")).makeItems(actions, close);
    const menu = new Menu({ load, fail: lost });
    const unreadBadge = this.#views?.unread ?? new Unread();
    const panel = new Panel({
      menu: menu.node,
      log: log.node,
      composer: composer.node,
      unread: unreadBadge,
      toggle: () => (this.#isOpen ? this.#putAway() : this.#bringUp()),
      close: () => this.#putAway(),
      retry: () => this.#chat.wake(),
      begin: () => {
        this.#chat.begin();
        this.#focus();
      },
    });
    this.#views = { composer, log, menu, panel, unread: unreadBadge };
    this.#root.lang = site.language;
    this.#root.dir = site.direction;
    const focused = this.shadowRoot.activeElement?.getAttribute("part");
    this.#root.replaceChildren(panel.launcher, panel.node, ...this.#announcer.nodes);
    this.#dress();
    this.#sheet.hold(panel.node);
    this.#showPanel();
    this.#update(this.#chat.state, this.#chat.state);
    this.#loaded();
    this.#fulfil();
    if (this.#focusOnceDrawn) this.#focus();
    else if (focused) this.#root.querySelector(`[part="${focused}"]`)?.focus();
    this.#focusOnceDrawn = false;
    this.#connect();
  }

  /** Connect if there is something to connect for. */
  #connect() {
    if (this.#views && (this.#isOpen || this.#chat.known)) this.#chat.start();
  }

  /** The page's wishes come before the site's. */
  #dress() {
    const wish = (name, ...allowed) => (allowed.includes(this.getAttribute(name)) ? this.getAttribute(name) : null);
    const side = getComputedStyle(this).direction === "rtl" ? "left" : "right";
    this.#root.dataset.theme = wish("theme", "light", "dark", "auto") ?? this.#site.theme;
    this.#root.dataset.side = wish("position", "left", "right") ?? side;
    this.#views.panel.name(this.getAttribute("title") || this.#site.title);
    this.#views.log.greet(this.getAttribute("greeting") || this.#site.greeting);
  }

  #showPanel() {
    this.#views.panel.show(this.#isOpen);
    this.#sheet.show(this.#isOpen);
  }

  #bringUp() {
    this.#before.leave();
    this.#turn(true);
    this.#focusOnceDrawn = !this.#views;
    this.#focus();
  }

  /** Show the panel if the page has wished so, unless that would disturb a visitor or undo what one did. */
  #fulfil() {
    if (!this.#wished || !this.#views) return;
    this.#wished = false;
    if (!this.#sheet.fills && !isTyping() && this.#storage.closed.read() === null) this.#turn(true);
  }

  #turn(open) {
    if (open === this.#isOpen) return;
    this.#isOpen = open;
    if (open) this.#opened();
    else this.#closed();
    this.#tell(open ? "open" : "close");
  }

  /** The visitor has no use for the panel now, also on the pages that come next. */
  #putAway() {
    this.#storage.closed.write("closed");
    this.#turn(false);
  }

  #opened() {
    this.#storage.closed.write("");
    this.#before.leave();
    if (!this.#views) return;
    this.#showPanel();
    this.#views.log.refresh();
    this.#toUnread();
    if (this.isConnected) this.#chat.start();
    this.#look();
  }

  /** Scroll to the first unread message, or else to the end. */
  #toUnread() {
    const [first] = this.#unread(this.#chat.state);
    this.#views.log.toEnd();
    if (first) this.#views.log.to(first);
  }

  #closed() {
    if (!this.#views) return;
    const { launcher, node } = this.#views.panel;
    const inside = node.matches(":focus-within");
    this.#showPanel();
    this.#before.giveBack(inside, launcher);
  }

  #focus() {
    if (!this.#views) return;
    if (isTouch() || this.#views.composer.node.hidden) this.#views.panel.node.focus();
    else this.#views.composer.focus();
  }

  #key(event) {
    if (!this.#isOpen || event.isComposing) return;
    if (event.key !== "Escape") return;
    event.preventDefault(); // a modal dialog would take the key once more
    if (!event.repeat) this.#dismiss();
  }

  /** What has the focus on the page may lie under the panel: Escape takes that away, unless the page has a use for it. */
  #outside(event) {
    if (event.key !== "Escape" || !this.#isOpen || event.defaultPrevented || event.isComposing || event.repeat) return;
    const path = event.composedPath();
    const clears = path[0].type === "search" && path[0].value; // browsers empty such a field
    if (!path.includes(this) && !clears && !document.querySelector(":modal, :popover-open")) this.#putAway();
  }

  /** Escape, and the phone's back gesture: close what is on top. */
  #dismiss() {
    if (this.#views?.menu.isOpen) this.#views.menu.close();
    else this.#putAway();
  }

  #say(text) {
    const taken = this.#chat.say(text);
    if (taken) this.#tell("message", { sender: "visitor", text });
    else this.#views.composer.tell(strings.full);
    return taken;
  }

  #edit(id) {
    const { text } = this.#chat.state.messages.find((message) => message.id === id);
    const { composer } = this.#views;
    this.#chat.discard(id);
    composer.set([text, composer.value].filter(Boolean).join("\n"));
    composer.focus();
  }

  /** The visitor is another one. */
  #forgotten() {
    for (const entry of ["draft", "sound", "closed"]) this.#storage[entry].write("");
    if (!this.#views) return;
    this.#views.composer.set("");
    this.#update(this.#chat.state, this.#chat.state);
    if (this.isConnected) this.#connect();
  }

  get #sounds() {
    return this.#storage.sound.read() === "on";
  }

  /** Return the result, in words. */
  async #copy(text) {
    const done = await navigator.clipboard.writeText(text).then(() => strings.copied, () => strings.uncopied);
    this.#announcer.status(done);
    return done;
  }

  /** The conversation as {text, download(name, text)}. */
  async #transcript() {
    const { download, transcript } = await import("./later/transcript.js");
    return { text: transcript(await this.#chat.complete(), locale()), download };
  }

  /** If the sound can't be had, there is none. */
  #chime() {
    if (this.#sounds) import("./later/sound.js").then(({ chime }) => chime()).catch(() => {});
  }

  #unread(state) {
    return unread(state).filter((message) => this.#views.log.shows(message));
  }

  /** While the panel is open and the page visible, all messages count as read. */
  #look() {
    if (this.#isOpen && document.visibilityState === "visible") this.#chat.look();
  }

  #update(state, previous) {
    if (!this.#views) return;
    const { composer, log, menu, panel, unread: badge } = this.#views;
    log.update(state);
    menu.update(state, this.#sounds);
    panel.update(state);
    if (state.connection === "ready" && previous.connection === "lost") composer.untell();
    composer.limit(state.maxCharacters ?? this.#site.limits.message_characters);
    if (state.unreachable !== previous.unreachable) this.#showInstead(state.unreachable);
    badge.show(this.#unread(state).length);
    panel.show(this.#isOpen); // the launcher's name counts
    this.#report(state, previous);
    const failedAgain = state.retryAt !== null && state.retryAt !== previous.retryAt;
    if (state.connection === "lost" && (previous.connection !== "lost" || failedAgain)) this.#checkWelcome();
    if (state.conversation !== previous.conversation && this.#isOpen) this.#toUnread();
    if (state.messages !== previous.messages) this.#look();
  }

  /** Tell screen readers and the page what changed. */
  #report(state, previous) {
    const isNew = state.status !== previous.status && state.status !== "closed"; // a message tells about the end
    if (isNew && previous.connection === "ready") this.#announcer.status(strings[`subtitle_${state.status}`] ?? "");
    if (state.connection !== previous.connection) {
      if (["lost", "stopped"].includes(state.connection)) this.#announcer.status(strings[state.connection]);
      else if (["lost", "stopped"].includes(previous.connection)) this.#announcer.status(strings.connected);
    }
    const failed = state.messages.find((message) => message.state === "failed" && !previous.messages.includes(message));
    const error = failed?.error ?? (state.note !== previous.note ? state.note : null);
    if (error) {
      this.#announcer.status(sentence(error));
      this.#tell("error", { ...error, message: sentence(error) });
    } else if (state.typing && !previous.typing) {
      this.#announcer.status(fill(strings.typing, { sender: strings[state.typing] ?? "" }));
    }
  }

  #arrived(news) {
    const { log } = this.#views;
    const messages = news.filter((message) => log.shows(message)); // one that shows nothing counts for nothing
    if (!messages.length) return;
    for (const { sender, name, text, seq, language } of messages) {
      const who = fill(strings.says, { sender: called({ sender, name }), text: "" });
      if (text.trim()) this.#announcer.message(who, text, foreign(language));
      this.#tell("message", { sender, text, seq });
    }
    log.arrived(messages);
    this.#chime();
  }

  /** The events don't bubble: `message` and `error` mean something else on a window. */
  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

for (const name of OPTIONS.filter((option) => option !== "title")) {
  Object.defineProperty(ChatbotWidget.prototype, name, {
    get() {
      return this.getAttribute(name);
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}
