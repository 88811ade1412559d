// The desk: puts the session and its views together, and listens to the page around it.

import { chime } from "../later/sound.js";
import { fill, speak, strings } from "../strings.js";
import { Announcer } from "../view/announcer.js";
import { element } from "../view/dom.js";
import { Aside } from "./aside.js";
import { Composer } from "./composer.js";
import { Lists } from "./lists.js";
import { PassOn } from "./pass_on.js";
import { Session } from "./session.js";
import { isMine, lists, mayAnswer, unread } from "./store.js";
import { Thread } from "./thread.js";
import { digits, languageName } from "./words.js";

const SERVER = new URL("/", location.href);
const TITLE = document.title;

const root = document.getElementById("desk");
const config = JSON.parse(document.getElementById("desk-config").textContent);
speak(config.language, config.strings);

const entry = (area, key) => ({
  read: () => area.getItem(key),
  write: (text) => area.setItem(key, text),
});
const kept = (name) => entry(localStorage, `chat-desk.${name}`);
const sound = kept("sound");
const notices = kept("notices");

function socketAddress() {
  const address = new URL("/ws/desk/", SERVER);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const session = new Session({
  openSocket: () => new WebSocket(socketAddress()),
  clock: { setTimeout: (...args) => setTimeout(...args), clearTimeout: (timer) => clearTimeout(timer) },
  random: Math.random,
  now: () => new Date(),
  newId,
  storage: { outbox: entry(sessionStorage, "chat-desk.outbox"), seen: kept("seen") },
  on: { change: (state, previous) => changed(state, previous), refused: () => checkLogIn() },
});

/** A browser can't see why a connection was refused. The page itself leads to the log-in if that is why. */
async function checkLogIn() {
  try {
    const answer = await fetch(location.pathname, { method: "HEAD", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 403) session.stop();
  } catch {
    // the server is away, and the session tries again by itself
  }
}

const announcer = new Announcer();
const banner = element("div", { class: "desk-banner", role: "status", hidden: true });
const note = element("p", { class: "desk-note", role: "alert", hidden: true });
const view = new Lists({
  choose: (conversation) => choose(conversation),
  watchBots: (watches) => session.watchBots(watches),
});
const thread = new Thread({
  server: SERVER,
  earlier: () => session.earlier(),
  retry: (id) => session.retry(id),
  discard: (id) => session.discard(id),
});
const composer = new Composer({
  send: (text, parts) => {
    session.say(text, parts);
    thread.toEnd();
  },
  type: () => isMine(session.state, session.state.open.row) && session.type(),
});
const aside = new Aside({ config, note: (text) => session.note(text) || tell() });

const toggle = (label, entry, ask) => {
  const button = element("button", { type: "button", class: "desk-toggle" }, label);
  const show = () => button.setAttribute("aria-pressed", String(entry.read() === "on"));
  button.addEventListener("click", async () => {
    const wanted = entry.read() === "on" ? "" : "on";
    if (wanted && !(await ask())) return;
    entry.write(wanted);
    show();
  });
  show();
  return button;
};
const askSound = () => {
  chime();
  return true;
};
const askNotices = async () => "Notification" in window && (await Notification.requestPermission()) === "granted";

const heading = element("h2", { class: "desk-heading", tabindex: "-1", dir: "auto" });
const state = element("p", { class: "desk-status" });
const back = element("button", { type: "button", class: "desk-back", onclick: () => leave() }, strings.back);
const act = (type, label) => element("button", { type: "button", "data-act": type, onclick: () => session.act(type) || tell() }, label);
const buttons = {
  take: act("take", strings.take),
  give_back: act("give_back", strings.give_back),
  close: act("close", strings.close),
};
const passOn = new PassOn({
  ask: () => session.askColleagues(),
  choose: (to) => session.act("pass", { to }) || tell(),
});
const away = element(
  "button",
  { type: "button", class: "desk-toggle", onclick: () => session.setAway(!session.state.operator?.away) },
  strings.away,
);
const empty = element("p", { class: "desk-empty" }, strings.choose);
const middle = element(
  "section",
  { class: "desk-conversation", "aria-label": strings.conversation },
  element("header", {}, back, element("div", {}, heading, state), element("div", { class: "desk-buttons" }, ...Object.values(buttons), passOn.node)),
  thread.node,
  composer.node,
);
root.replaceChildren(
  element("div", { class: "desk-bar" }, away, toggle(strings.sound, sound, askSound), toggle(strings.notifications, notices, askNotices)),
  banner,
  note,
  element("div", { class: "desk-columns" }, view.node, element("div", { class: "desk-middle" }, empty, middle), aside.node),
  element("div", { class: "desk-unseen" }, ...announcer.nodes),
);

function tell() {
  note.hidden = false;
  note.textContent = strings.unsent;
  return false;
}

function choose(conversation) {
  session.open(conversation);
  root.dataset.view = "conversation";
}

function leave() {
  root.dataset.view = "lists";
  const row = view.node.querySelector("[aria-current]");
  session.leave();
  (row ?? view.node.querySelector("button"))?.focus();
}

const factsOf = ({ language, site }) => [languageName(language), site].filter(Boolean).join(" · ");

function statusOf({ row }) {
  if (row.status !== "operator") return strings[`status_${row.status}`];
  if (isMine(session.state, row)) return strings.status_mine;
  return row.by ? fill(strings.status_operator, { name: row.by }) : strings.status_somebody;
}

let drawing = null;
let isNewlyOpen = false;

function changed(now, previous) {
  report(now, previous);
  drawing ??= requestAnimationFrame(() => {
    drawing = null;
    draw(session.state);
  });
  // A hidden page draws nothing, but its title counts.
  if (document.hidden) entitle(now);
}

function draw(now) {
  const { open, connection, late } = now;
  view.update(now);
  thread.update(now);
  const answers = mayAnswer(now) && open !== null && open.row.status !== "closed";
  const isOurs = open !== null && isMine(now, open.row);
  // Somebody has just taken it. Who it was comes a moment later, and it may be us, so the field must not go meanwhile.
  const isUndecided = open?.row.status === "operator" && open.row.holder === null;
  const isFree = open !== null && (isUndecided || ["bot", "waiting"].includes(open.row.status));
  const focused = document.activeElement;
  composer.update(now, answers && (isOurs || isFree), isOurs ? strings.send : strings.take_and_send);
  aside.update(now);
  empty.hidden = open !== null;
  middle.hidden = open === null;
  buttons.take.hidden = !(answers && isFree);
  buttons.give_back.hidden = buttons.close.hidden = passOn.node.hidden = !(answers && isOurs);
  passOn.update(now);
  away.hidden = !mayAnswer(now);
  away.setAttribute("aria-pressed", String(now.operator?.away ?? false));
  if (open) {
    heading.textContent = open.row.words || strings.no_words;
    state.textContent = `${statusOf(open)} ${factsOf(open.row)}`;
  }
  const words = { lost: strings.lost, stopped: `${strings.stopped} ` }[connection] ?? (late ? strings.late : "");
  banner.hidden = !words;
  if (banner.firstChild?.textContent !== words) {
    banner.replaceChildren(words, connection === "stopped" ? element("a", { href: config.login }, strings.log_in) : "");
  }
  note.hidden = now.note === null;
  note.textContent = now.note ?? "";
  look();
  entitle(now);
  const isLost = middle.contains(focused) && focused.closest("[hidden]");
  if (open === null || !(isNewlyOpen || isLost)) return;
  isNewlyOpen = false;
  (composer.node.hidden ? heading : composer).focus();
}

function look() {
  if (!document.hidden && thread.follows) session.look();
}

function entitle(now) {
  const { waiting, mine } = lists(now);
  const count = [...waiting, ...mine].filter((row) => unread(now, row)).length;
  const title = count ? `(${digits(count)}) ${TITLE}` : TITLE;
  if (document.title !== title) document.title = title;
}

/** Tell those who hear, or look elsewhere, what is new. */
function report(now, previous) {
  const { open } = now;
  if (open && previous.open?.conversation === open.conversation && previous.open.messages !== open.messages) {
    const last = previous.open.messages.at(-1)?.seq ?? 0;
    for (const { seq, sender, message, name } of open.messages) {
      if (seq > last && !(sender === "operator" && isMine(now, open.row))) {
        announcer.message(`${name || strings[sender]}: `, message);
      }
    }
  }
  if (open && previous.open?.conversation !== open.conversation) isNewlyOpen = true;
  if (previous.connection !== "ready" || now.rows === previous.rows) return;
  const known = new Set(lists(previous).waiting.map((row) => row.conversation));
  for (const row of lists(now).waiting.filter(({ conversation }) => !known.has(conversation))) {
    const facts = factsOf(row);
    announcer.status(fill(strings.waits_now, { facts }));
    if (sound.read() === "on") chime();
    if (notices.read() === "on" && document.hidden && Notification.permission === "granted") {
      new Notification(strings.waits_title, { body: facts, tag: row.conversation });
    }
  }
  const before = new Map(previous.rows.map((row) => [row.conversation, row.seq]));
  const grown = lists(now).mine.some((row) => before.get(row.conversation) < row.seq && unread(now, row));
  if (grown && document.hidden && sound.read() === "on") chime();
}

window.addEventListener("online", () => session.wake());
window.addEventListener("offline", () => session.offline());
window.addEventListener("pageshow", () => session.wake());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  session.wake();
  look();
});
window.addEventListener("storage", ({ key }) => key === "chat-desk.seen" && session.follow());
root.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && session.state.open) leave();
});

root.dataset.view = "lists";
draw(session.state);
session.start();
if (config.conversation) {
  const wait = setInterval(() => {
    if (session.state.connection !== "ready") return;
    clearInterval(wait);
    choose(config.conversation);
  }, 50);
}
