// The widget's styles, as a module. A strict policy forbids style elements but not constructed sheets. The static files'
// hashed names work for imports between modules. For the same reason there is no url() in it.

/** Of the element itself; without it what the page has put into the element looks as anywhere on the page. */
export const host = ":host { all: initial; display: contents; }";

// The first rule stops the page's styles for all elements, except those that make text easier to read, and those that
// hide the chat. Comments stand between the pieces of the text, so that no visitor loads them.
export const css = `
.root {
  all: initial;
  letter-spacing: inherit;
  word-spacing: inherit;
  visibility: inherit;
  -webkit-text-size-adjust: 100%;
  display: block;
  --accent: var(--chatbot-accent, var(--brand, light-dark(#0b6a5b, #4fbfa8)));
  --on-accent: var(--chatbot-on-accent, var(--on-brand, light-dark(#fff, #06201b)));
  --radius: var(--chatbot-radius, 18px);
  --theirs: var(--radius) var(--radius) var(--radius) 5px;
  --mine: var(--radius) var(--radius) 5px var(--radius);
  --offset: var(--chatbot-offset, 20px);
  --surface: var(--chatbot-background, light-dark(#fff, #171c1b));
  --ink: var(--chatbot-color, light-dark(#17211f, #e8eeec));
  --raised: light-dark(#f2f4f3, #262d2b);
  --line: light-dark(#dfe4e2, #313a37);
  --control: light-dark(#7b8784, #7f8b88);
  --quiet: light-dark(#5a6664, #a7b3b0);
  --danger: light-dark(#b3261e, #ff9d93);
  --notice: light-dark(#fdf3da, #3b2f10);
  --on-notice: light-dark(#5c4300, #ffe3a3);
  --mixed: light-dark(color-mix(in oklab, var(--accent), black 20%), color-mix(in oklab, var(--accent), white 50%));
  --strong: var(--brand-text, var(--mixed));
  --pressed: var(--brand-pressed, var(--mixed));
  --shadow: 0 1px 2px light-dark(rgb(12 30 26 / .08), rgb(0 0 0 / .4)),
    0 18px 48px -12px light-dark(rgb(12 30 26 / .28), rgb(0 0 0 / .7));
  color-scheme: light dark;
  position: fixed;
  inset-block-end: calc(var(--offset) + env(safe-area-inset-bottom));
  z-index: var(--chatbot-z-index, 2147483000);
  font: 16px/1.5 var(--chatbot-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  color: var(--ink);
}
.root[dir=rtl] {
  --theirs: var(--radius) var(--radius) 5px var(--radius);
  --mine: var(--radius) var(--radius) var(--radius) 5px;
}
.root::backdrop { display: none; }
.root[data-theme=light] { color-scheme: light; }
.root[data-theme=dark] { color-scheme: dark; }
.root[data-side=right] { right: calc(var(--offset) + env(safe-area-inset-right)); }
.root[data-side=left] { left: calc(var(--offset) + env(safe-area-inset-left)); }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button, textarea { font: inherit; color: inherit; letter-spacing: inherit; }
button { cursor: pointer; }
h2, p, ol, ul { margin: 0; padding: 0; }
ol, ul { list-style: none; }
svg {
  inline-size: 24px; block-size: 24px; fill: none; stroke: currentColor; stroke-width: 1.8;
  stroke-linecap: round; stroke-linejoin: round;
}
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
.unseen {
  position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}

[part=launcher] {
  position: relative; display: grid; place-items: center;
  inline-size: 60px; block-size: 60px; padding: 0;
  border: 1px solid transparent; border-radius: 50%;
  background: var(--accent); color: var(--on-accent); box-shadow: var(--shadow);
}
[part=launcher]:hover { background: var(--pressed); }
[part=launcher]:focus-visible { box-shadow: 0 0 0 6px var(--surface); }
[part=badge] {
  position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 24px; padding-inline: 6px;
  border: 2px solid var(--surface); border-radius: 12px; background: var(--danger); color: var(--surface);
  font-size: 13px; line-height: 20px; font-weight: 650; text-align: center;
}
[part=launcher] svg { inline-size: 32px; block-size: 32px; }

[part=panel] {
  position: absolute; inset-block-end: 0;
  display: flex; flex-direction: column;
  inline-size: min(392px, 100vw - 2 * var(--offset));
  block-size: min(660px, 100dvh - 2 * var(--offset));
  overflow: clip;
  background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow);
}
[data-side=right] [part=panel] { right: 0; }
[data-side=left] [part=panel] { left: 0; }
[part=header] {
  position: relative; display: flex; align-items: center; gap: 12px; padding-block: 12px; padding-inline: 16px 10px;
  border-block-end: 1px solid var(--line);
}
.face {
  display: grid; place-items: center; flex: none; inline-size: 40px; block-size: 40px; overflow: clip; border-radius: 50%;
  background: var(--accent); color: var(--on-accent);
}
.face svg { inline-size: 55%; block-size: 55%; }
.face img { aspect-ratio: 1; background: var(--surface); object-fit: contain; }
.heading { flex: 1; min-inline-size: 0; }
h2, [part=empty] { overflow-wrap: anywhere; }
h2 {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  font-size: 16px; line-height: 1.3; font-weight: 650;
}
.subtitle { font-size: 13px; line-height: 1.4; color: var(--quiet); }
[part=close], [part=more], [part=dismiss] {
  display: grid; place-items: center; flex: none; inline-size: 44px; block-size: 44px; border: 0;
  border-radius: 50%; background: none; color: var(--quiet);
}
:is([part=close], [part=more], [part=dismiss]):hover { background: var(--raised); color: var(--ink); }
:is([part=close], [part=dismiss]) svg { inline-size: 20px; block-size: 20px; }
[part=more] svg { stroke-width: 3; }
.menu { margin-inline-end: -10px; }
[part=banner] {
  display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 10px 16px;
  font-size: 14px; background: var(--notice); color: var(--on-notice); font-variant-numeric: tabular-nums;
}
[part=now] {
  min-inline-size: 44px; min-block-size: 44px; margin: -8px -6px -8px auto; padding: 0 6px; border: 0; background: none;
  font-weight: 650; text-decoration: underline; text-underline-offset: 3px;
}

[part=scroller] {
  flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain;
  padding: 16px; scrollbar-width: thin;
}
[part=scroller]:focus-visible, [part=panel]:focus-visible { outline-offset: -3px; }
[part=scroller]:has([part=pill]:not([hidden])) { scroll-padding-block-end: 68px; }
[part=earlier] {
  display: block; min-block-size: 44px; margin: 0 auto 8px; padding: 0 16px;
  border: 0; border-radius: 22px; background: none; color: var(--strong); font-size: 14px; font-weight: 600;
}
[part=earlier]:hover { background: var(--raised); }
[part=message] {
  position: relative; display: flex; flex-direction: column; align-items: flex-start; gap: 4px; padding-block-start: 14px;
}
` + // What is out of sight isn't laid out, but only if the browser keeps the reader's place when it is.
`
@supports (overflow-anchor: auto) {
  [part=message]:not(:last-child) {
    content-visibility: auto; contain-intrinsic-block-size: auto 90px; overflow-clip-margin: 8px;
  }
}
[part=message]:first-child { padding-block-start: 0; }
[part=message][data-follows] { padding-block-start: 4px; }
[part=name] { font-size: 13px; color: var(--quiet); }
[data-follows] [part=name] { display: none; }
[part=message][data-sender=visitor] { align-items: flex-end; }
[part=message][data-sender=system] { align-items: center; text-align: center; }
[part=day] {
  align-self: center; padding-block: 4px 10px; font-size: 13px; font-weight: 600; color: var(--quiet);
}
[part=day]::first-letter { text-transform: uppercase; }
[part=bubble] {
  max-inline-size: 86%; padding: 9px 14px;
  border: 1px solid transparent; border-radius: var(--theirs); background: var(--raised); overflow-wrap: anywhere;
}
[part=bubble].text { white-space: pre-wrap; }
[data-sender=visitor] [part=bubble] {
  border-radius: var(--mine); background: var(--accent); color: var(--on-accent);
}
[data-sender=operator] [part=bubble] { background: var(--surface); border-color: var(--control); }
[data-sender=system] [part=bubble] {
  border-radius: var(--radius); background: none; color: var(--quiet); font-size: 14px;
}
[data-state=sending] [part=bubble] { opacity: .85; }
[data-state=failed] [part=bubble] { background: var(--surface); color: var(--ink); border-color: var(--danger); }
.status {
  display: flex; flex-wrap: wrap; align-items: center; gap: 2px 6px; padding-inline: 4px; font-size: 12px;
  line-height: 1.4; color: var(--quiet);
}
` + // The exact time replaces the brief one: on hover, for readers who use the keyboard, and after a tap.
`
:is([part=scroller]:focus-visible, [part=message]:has(:focus-visible), [data-exact]) time, time:hover {
  .brief { display: none; }
  .exact { position: static; inline-size: auto; block-size: auto; clip-path: none; }
}
[data-sender=visitor] .status { justify-content: flex-end; text-align: end; }
.facts { display: contents; }
` + // As high as the buttons to come.
`
:is([data-sender=bot], [data-sender=operator]) > .status { min-block-size: 28px; }
` + // The time stands once below a group. The others, and the buttons below a reply, appear when they are asked for.
`
[data-state=sent]:has(+ [data-follows]) .status {
  position: absolute; inset-block-end: 0; inset-inline-end: 0; z-index: 1; min-block-size: 30px; padding-inline: 12px 8px;
  border: 1px solid var(--line); border-radius: 22px; background: var(--surface);
  opacity: 0;
}
[data-sender=visitor]:has(+ [data-follows]) .status { inset-inline: 0 auto; }
.status svg { display: block; inline-size: 14px; block-size: 14px; stroke-width: 2.4; }
[data-state=failed] .status { font-size: 13px; color: var(--danger); padding-block-end: 6px; }
[part=delete] {
  min-inline-size: 44px; min-block-size: 44px; padding: 0 10px; border: 0; border-radius: 22px;
  background: none; color: var(--strong); font-weight: 600; text-decoration: underline; text-underline-offset: 3px;
}
` + // After the end there is no field. The next conversation takes the message over.
`
[data-closed] [part=edit] { display: none; }

[part=bubble] a { color: inherit; text-underline-offset: 3px; }
[part=link] {
  display: block; margin: -9px -14px; padding: 10px 14px; color: var(--strong) !important; font-weight: 600;
}
[part=link]:focus-visible { outline-offset: -3px; border-radius: var(--radius); }
.title { display: block; font-weight: 650; }
.more { white-space: pre-wrap; color: var(--quiet); font-size: 15px; line-height: 1.45; }
img { display: block; inline-size: 100%; aspect-ratio: 16 / 9; object-fit: cover; background: var(--line); }
.card, .list, .picture, .accordion {
  inline-size: 300px; background: var(--surface); border-color: var(--line); overflow: clip;
}
.card > img { inline-size: calc(100% + 28px); max-inline-size: none; margin: -9px -14px 10px; }
.picture { padding: 0; }
.picture > img { object-fit: contain; }
.actions { display: grid; gap: 6px; margin-block: 10px 4px; }
.chips { max-inline-size: 100%; display: flex; flex-wrap: wrap; gap: 8px; padding-block: 4px; }
[part=chip], [part=button], [part=retry], [part=edit] {
  display: inline-flex; align-items: center; justify-content: center; min-block-size: 44px;
  max-inline-size: 100%; padding: 6px 16px;
  border: 1px solid var(--control); border-radius: 22px; background: var(--surface);
  color: var(--strong) !important; font-size: 15px; line-height: 1.3; font-weight: 600; text-decoration: none;
  overflow-wrap: anywhere;
}
[part=button] { border-radius: min(12px, var(--radius)); }
:is([part=chip], [part=button], [part=retry], [part=edit], [part=item], summary):hover { background: var(--raised); }
` + // Quick replies answer the message above them. After another message they make no sense.
`
[part=message]:not(:last-child) .chips { display: none; }
.list { padding-block-end: 0; }
.list ul { margin: 6px -14px 0; }
.list li { border-block-start: 1px solid var(--line); }
[part=item] {
  display: block; inline-size: 100%; padding: 0; border: 0; background: none; text-align: start;
  text-decoration: none;
}
[part=item]:focus-visible, summary:focus-visible { outline-offset: -3px; }
[part=item] .title { color: var(--strong); }
.row { display: flex; align-items: center; gap: 12px; min-block-size: 44px; padding: 9px 14px; }
.row img { flex: none; inline-size: 48px; aspect-ratio: 1; border-radius: 8px; }
.label { display: block; min-inline-size: 0; }
.label .more { display: block; }
.accordion { padding: 0; }
summary {
  display: flex; align-items: center; justify-content: space-between; gap: 12px; min-block-size: 44px;
  padding: 9px 14px; cursor: pointer; list-style: none;
}
summary::-webkit-details-marker { display: none; }
summary::after {
  content: ""; flex: none; inline-size: 8px; block-size: 8px; margin-inline-end: 4px;
  border: solid var(--quiet); border-width: 0 2px 2px 0; transform: translateY(-2px) rotate(45deg);
}
[open] > summary::after { transform: translateY(2px) rotate(225deg); }
details > p { padding: 0 14px 12px; }
details > img { margin-block-end: 10px; }

[part=pill] {
  display: block; position: sticky; inset-block-end: 0; min-block-size: 44px; margin: 8px auto 0; padding: 0 16px;
  border: 1px solid var(--line); border-radius: 22px;
  background: var(--surface); color: var(--ink); box-shadow: var(--shadow); font-weight: 600;
}
[part=typing] {
  display: flex; gap: 5px; inline-size: fit-content; margin-block-start: 14px; padding: 15px 16px;
  border: 1px solid transparent; border-radius: var(--theirs); background: var(--raised);
}
[part=typing] i { inline-size: 7px; block-size: 7px; border-radius: 50%; background: var(--quiet); }
[part=note] {
  margin-block-start: 14px; padding: 10px 14px; border-radius: min(12px, var(--radius));
  background: var(--notice); color: var(--on-notice); font-size: 14px; overflow-wrap: anywhere;
}

[part=begin] {
  min-block-size: 48px; margin: 10px 12px 12px; padding: 6px 16px; border: 1px solid transparent; border-radius: 24px;
  background: var(--accent); color: var(--on-accent); font-weight: 650;
}
[part=begin]:hover { background: var(--pressed); }
.composer { margin: 0; padding: 10px 12px 12px; border-block-start: 1px solid var(--line); }
[part=count] { padding: 0 4px 6px; font-size: 13px; color: var(--quiet); }
[part=count].over { color: var(--danger); font-weight: 600; }
.line { display: flex; align-items: flex-end; gap: 8px; }
.grow {
  display: grid; flex: 1; min-inline-size: 0; border: 1px solid var(--control); border-radius: 23px;
  background: var(--surface); overflow: clip;
}
.grow:focus-within { outline: 2px solid var(--strong); outline-offset: 1px; border-color: transparent; }
.grow::after { content: attr(data-text) " "; visibility: hidden; }
.grow::after, [part=field] {
  grid-area: 1 / 1; max-block-size: 140px; padding: 10px 16px; border: 0; font-size: 16px; line-height: 24px;
  white-space: pre-wrap; overflow-wrap: anywhere; overflow: hidden;
}
[part=field] {
  display: block; inline-size: 100%; min-inline-size: 0; block-size: 100%; margin: 0; resize: none;
  outline: none; background: none; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin;
}
` + // An empty field has no direction. Its placeholder is in the interface's language.
`
[dir=rtl] [part=field]:placeholder-shown { direction: rtl; }
[part=field]::placeholder { color: var(--quiet); opacity: 1; }
[part=send] {
  display: grid; place-items: center; flex: none; inline-size: 46px; block-size: 46px; padding: 0;
  border: 1px solid transparent; border-radius: 50%; background: var(--accent); color: var(--on-accent);
}
[part=send]:hover { background: var(--pressed); }
[part=send][aria-disabled=true] { background: var(--raised); color: var(--quiet); cursor: default; }
[part=send] svg { inline-size: 22px; block-size: 22px; stroke-width: 2.2; }

@media print { .root { display: none; } }
.root:modal { inset: var(--view-top) 0 auto; block-size: var(--view-height); }
.root:modal [part=panel] {
  inset: 0; inline-size: auto; block-size: auto;
  padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
  border: 0; border-radius: 0;
  /* Keeps the page behind in its place, without changing it. */
  overscroll-behavior: contain; touch-action: none;
}
:modal :is([part=scroller], [part=field]) { touch-action: pan-y; }
@media (max-height: 420px) {
  [part=header] { padding-block: 2px; }
  .face, .subtitle { display: none; }
  [part=banner] { padding-block: 8px; }
  .composer { padding-block: 4px; }
  [part=count] { padding-block-end: 2px; }
  .grow::after, [part=field] { max-block-size: 68px; }
  [part=banner]:not([hidden]) ~ .composer :is(.grow, [part=field]) { max-block-size: 46px; }
}
` + // A laptop at 400 %: there is no room for all of it at once.
`
@media (max-height: 300px) {
  [part=panel] { overflow: hidden auto; }
  [part=panel] > * { flex-shrink: 0; }
  [part=scroller] { flex-shrink: 1; min-block-size: 64px; padding-block: 8px; overscroll-behavior: auto; }
  .root:modal [part=panel] { touch-action: pan-y; }
}
@media (prefers-contrast: more) {
  .root { --quiet: var(--ink); --line: var(--ink); --control: var(--ink); }
  [part=bubble] { border-color: var(--ink); opacity: 1 !important; }
}
@media (forced-colors: active) {
  [part=bubble], [part=typing], [part=begin], [part=send], [part=launcher] { border-color: ButtonBorder; }
  [part=typing] i { background: CanvasText; }
  [part=send][aria-disabled=true] { border-color: GrayText; color: GrayText; }
  .grow:focus-within { outline-color: Highlight; }
}
@media (prefers-reduced-motion: no-preference) {
  [part=launcher], [part=send], [part=chip], [part=button] { transition: background-color .15s; }
  [part=panel] { animation: rise .22s cubic-bezier(.2, .8, .3, 1); }
  [part=message]:last-child { animation: rise .2s cubic-bezier(.2, .8, .3, 1); }
  [part=typing] i { animation: breathe 1.2s infinite ease-in-out; }
  [part=typing] i:nth-child(2) { animation-delay: .15s; }
  [part=typing] i:nth-child(3) { animation-delay: .3s; }
  summary::after { transition: transform .15s; }
}
@keyframes rise { from { opacity: 0; transform: translateY(8px); } }
@keyframes breathe { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; } }
`;
