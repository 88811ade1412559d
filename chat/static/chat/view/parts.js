// The parts of a reply as bubbles. A part with an unknown type, or with nothing to show, draws nothing.

import { imageAddress, linkAddress, opensTab, pieces } from "../addresses.js";
import { foreign, spoken, strings } from "../strings.js";
import { element, unseen } from "./dom.js";

const words = (value) => (typeof value === "string" ? value.trim() : "");
const items = (value) => (Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : []);
const line = (name, kind, text) => (words(text) ? element(name, { class: kind, dir: "auto" }, words(text)) : null);
const prose = (text) => (words(text) ? element("p", { class: "more", dir: "auto" }, ...linked(words(text))) : null);

function link(label, url, attributes) {
  const address = linkAddress(url);
  return address === null ? null : anchor(label, address, attributes);
}

function anchor(label, address, attributes) {
  const tab = opensTab(address);
  return element(
    "a",
    { href: address, rel: "noopener noreferrer", target: tab ? "_blank" : null, ...attributes },
    label,
    tab ? unseen(` ${strings.new_tab}`, { lang: spoken }) : null,
  );
}

/** A text with links for its addresses. */
const linked = (text) => pieces(text).map((piece) => (piece.address ? anchor(piece.text, piece.address) : piece.text));

function picture(url, alt, context) {
  const address = words(url) && imageAddress(words(url), context.server);
  if (!address) return null;
  return element("img", {
    part: "image",
    src: address,
    alt: words(alt),
    loading: "lazy",
    decoding: "async",
    referrerpolicy: "no-referrer",
    onerror: ({ target }) => withoutPicture(target, words(alt), context.text),
  });
}

/** If a picture can't be loaded, its alternative text stays. If it was the whole message, the message's text is shown. */
function withoutPicture(image, alt, text) {
  const holder = image.closest("[part=bubble]");
  const message = holder.parentNode;
  if (holder.matches(".picture")) Object.assign(holder, { className: "text", dir: "auto" });
  image.replaceWith(holder.matches(".text") ? alt : (line("span", "more", alt) ?? ""));
  if (holder.textContent.trim()) return;
  if (text.trim() && message.querySelectorAll("[part=bubble]").length === 1) {
    Object.assign(holder, { className: "text", dir: "auto" }).replaceChildren(...linked(text));
  } else {
    holder.remove();
    message.hidden = !message.querySelector("[part=bubble], [part=chips]");
  }
}

/**
 * Something to press: it opens `url`, or says `message` for the visitor; without either it is only read. An address is
 * never said: the visitor would seem to have written it.
 */
function action(label, { url, message }, attributes, context) {
  const opening = link(label, words(url) || words(message), attributes);
  if (opening) return opening;
  if (words(message) && !words(url)) {
    const say = () => context.say(words(message));
    return element("button", { type: "button", ...attributes, onclick: say }, label);
  }
  return element("span", { dir: "auto" }, label);
}

function buttons(list, part, context) {
  return items(list)
    .filter((button) => words(button.label))
    .map((button) => action(words(button.label), button, { part, dir: "auto" }, context));
}

/** A single text has its own direction. Several texts follow the interface's direction, each with its own inside. */
const bubble = (kind, ...children) =>
  element("div", { part: "bubble", class: kind, dir: kind === "text" ? "auto" : null }, ...children);

const DRAWERS = {
  text: ({ text }) => (words(text) ? [bubble("text", ...linked(words(text)))] : []),

  quick_replies: ({ title, replies }, context) => {
    const chips = buttons(replies, "chip", context);
    return [
      ...(words(title) ? [bubble("text", words(title))] : []),
      ...(chips.length ? [element("div", { class: "chips", part: "chips" }, ...chips)] : []),
    ];
  },

  card: ({ title, text, image, alt, buttons: list }, context) => {
    const actions = buttons(list, "button", context);
    const children = [
      picture(image, alt, context),
      line("strong", "title", title),
      prose(text),
      actions.length ? element("div", { class: "actions" }, ...actions) : null,
    ].filter(Boolean);
    return children.length ? [bubble("card", ...children)] : [];
  },

  image: ({ url, alt }, context) => {
    const image = picture(url, alt, context);
    if (image) return [bubble("picture", image)];
    return words(alt) ? [bubble("text", words(alt))] : [];
  },

  link: ({ label, url }) => {
    const text = words(label) || words(url);
    return text ? [bubble("text", link(text, words(url), { part: "link", dir: "auto" }) ?? text)] : [];
  },

  list: ({ title, items: rows }, context) => {
    const drawn = items(rows)
      .filter((row) => words(row.title) || words(row.text))
      .map((row) => {
        const label = element(
          "span",
          { class: "row" },
          picture(row.image, row.alt, context),
          element("span", { class: "label" }, line("strong", "title", row.title), line("span", "more", row.text)),
        );
        return element("li", {}, action(label, row, { part: "item" }, context));
      });
    const children = [
      line("strong", "title", title),
      drawn.length ? element("ul", { role: "list" }, ...drawn) : null,
    ].filter(Boolean);
    return children.length ? [bubble("list", ...children)] : [];
  },

  accordion: ({ title, subtitle, text, image }, context) => {
    if (!words(title)) return DRAWERS.text({ text });
    const head = element("span", { class: "label" }, line("strong", "title", title), line("span", "more", subtitle));
    const body = [picture(image, "", context), prose(text)];
    return [bubble("accordion", element("details", {}, element("summary", {}, head), ...body))];
  },
};

/** The bubbles of a message, in order. If no part can be drawn, its plain text. */
export function drawMessage({ text, parts, language }, context) {
  const draw = (part) => (Object.hasOwn(DRAWERS, part.type) ? DRAWERS[part.type](part, { ...context, text }) : []);
  const drawn = parts.flatMap(draw);
  const bubbles = drawn.length || !text.trim() ? drawn : [bubble("text", ...linked(text))];
  if (foreign(language)) for (const node of bubbles) node.lang = language;
  return bubbles;
}
