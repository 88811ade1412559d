// <chatbot-widget>: puts the conversation and its views together, and listens to the page around it.

import { Chat } from "./chat.js";
import { backOff } from "./connection.js";
import { characters, isEmpty } from "./protocol.js";
import { reportArrival, reportChange } from "./report.js";
import { SERVER, newId, socketAddress } from "./server.js";
import { ask } from "./site.js";
import { unread } from "./state.js";
import { storageFor, written } from "./storage.js";
import { speak, strings } from "./strings.js";
import { css, host } from "./styles.js";
import { Announcer } from "./view/announcer.js";
import { element } from "./view/dom.js";
import { Focus, isTyping } from "./view/focus.js";
import { once, seal } from "./view/seal.js";
import { Sheet } from "./view/sheet.js";
import { Unread } from "./view/unread.js";
import { makeViews } from "./view/views.js";

/** Whether focusing the field would push a keyboard onto the screen. */
const isTouch = () => matchMedia("(pointer: coarse)").matches;

const OPTIONS = ["language", "theme", "position", "title", "greeting", "starters"];

export class ChatbotWidget extends HTMLElement {
  static observedAttributes = ["open", ...OPTIONS];
  static #isAny = false;
  static #placed = null; // the script's own element, until the page has one

  #chat;
  #storage = storageFor(SERVER);
  #announcer = new Announcer();
  #css = css;
  #styles = []; // sheets belong to one document: to the one that the element is in
  #instead = element("slot"); // the page's own content, shown if there is no chat
  #root = element("dialog", { class: "root" });
  #sheet = new Sheet(this.#root, () => this.#dismiss());
  #preview = element("div", { part: "preview", hidden: true });
  #before = new Focus(this);
  #isOpen = false;
  #wished = false; // the page wants the panel open once the chat can be shown
  #opener = () => this.#bringUp();
  #site = null;
  #views = null; // {composer, log, menu, panel, unread}, once the texts are loaded
  #later = null; // what only an open chat needs, once it was opened
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
    once(this.#root);
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
    this.#styles = [this.#css, host].map((text) => {
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
    const { noSocket } = await import("./later/trouble.js");
    console.error(`chatbot-widget: ${noSocket(SERVER, socketAddress())}`);
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
    const draft = this.#views?.composer.value; // if the browser stores nothing, it is only there
    this.#views = makeViews({
      server: SERVER,
      chat: this.#chat,
      storage: this.#storage,
      site,
      unread: this.#views?.unread ?? new Unread(),
      announce: (text) => this.#announcer.status(text),
      say: (text) => this.#say(text),
      focus: () => this.#focus(),
      open: this.#opener,
      close: () => this.#putAway(),
    });
    const { composer, panel } = this.#views;
    if (draft) composer.set(draft);
    this.#root.lang = site.language;
    this.#root.dir = site.direction;
    const focused = this.shadowRoot.activeElement?.getAttribute("part");
    this.#root.replaceChildren(this.#preview, panel.launcher, panel.node, ...this.#announcer.nodes);
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
    // What the page says about the colour comes before what staff have chosen for the site.
    const own = getComputedStyle(this).getPropertyValue("--chatbot-accent") !== "";
    for (const [name, value] of Object.entries(this.#site.colours)) this.#root.style.setProperty(name, own ? "" : value);
    this.#views.panel.name(this.getAttribute("title") || this.#site.title);
    if (this.#later) this.#equip();
  }

  #showPanel() {
    this.#views.panel.show(this.#isOpen);
    this.#sheet.show(this.#isOpen);
    // Without a connection the rest comes when the chat is opened again.
    if (this.#isOpen) this.#fetch().then(() => this.#views && this.#equip(), () => {});
    this.#showPreview().catch(() => {});
  }

  /** Have what only an open chat needs. */
  async #fetch() {
    if (this.#later) return;
    const later = await import("./later/opened.js");
    if (this.#later) return;
    this.#later = later;
    this.#css += later.laterCss;
    this.adoptedCallback();
  }

  #equip() {
    const { face, greeting, makeActions } = this.#later;
    const { log, panel } = this.#views;
    const { avatar } = this.#site;
    const words = this.getAttribute("greeting") || this.#site.greeting;
    const starters = this.getAttribute("starters")?.split("|") ?? this.#site.starters;
    panel.face(face(avatar, SERVER));
    log.greet(...greeting({ words, avatar, starters, server: SERVER, say: this.#views.press }));
    log.equip(makeActions);
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
    const inside = this.#root.open || node.matches(":focus-within"); // nothing else can have it while it is modal
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

  /** The visitor is another one. */
  #forgotten() {
    for (const entry of ["draft", "sound", "closed"]) this.#storage[entry].write("");
    if (!this.#views) return;
    this.#views.composer.set("");
    this.#update(this.#chat.state, this.#chat.state);
    if (this.isConnected) this.#connect();
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
    menu.update(state);
    panel.update(state);
    if (state.connection === "ready" && previous.connection === "lost") composer.untell();
    composer.limit(state.maxCharacters ?? this.#site.limits.message_characters);
    if (state.unreachable !== previous.unreachable) this.#showInstead(state.unreachable);
    badge.show(this.#unread(state).length);
    panel.show(this.#isOpen); // the launcher's name counts
    this.#showPreview().catch(() => {});
    reportChange(state, previous, this.#announcer, (...event) => this.#tell(...event));
    const failedAgain = state.retryAt !== null && state.retryAt !== previous.retryAt;
    if (state.connection === "lost" && (previous.connection !== "lost" || failedAgain)) this.#checkWelcome();
    if (state.conversation !== previous.conversation && this.#isOpen) this.#toUnread();
    if (state.messages !== previous.messages) this.#look();
  }

  /** Show the last unread message beside the launcher. */
  async #showPreview() {
    const last = () => (this.#views && !this.#isOpen ? this.#unread(this.#chat.state).at(-1) : null);
    if (!last() && this.#preview.hidden) return;
    await this.#fetch();
    const { dismissed } = this.#storage;
    const message = last();
    const dismiss = () => {
      dismissed.write(message.key);
      this.#preview.hidden = true;
      this.#views.panel.launcher.focus();
    };
    this.#later.showPreview(this.#preview, message?.key === dismissed.read() ? null : message, { open: this.#opener, dismiss });
  }

  #arrived(news) {
    const { log } = this.#views;
    const messages = news.filter((message) => log.shows(message)); // one that shows nothing counts for nothing
    if (!messages.length) return;
    reportArrival(messages, this.#announcer, (...event) => this.#tell(...event));
    log.arrived(messages);
    // If the sound can't be had, there is none.
    if (this.#storage.sound.read()) import("./later/sound.js").then(({ chime }) => chime()).catch(() => {});
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
