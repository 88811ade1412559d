// The styles of what is loaded later. They come after the others.

export const laterCss = `
[part=preview] {
  position: absolute; inset-block-end: 0; display: flex; align-items: start;
  inline-size: max-content; max-inline-size: min(300px, 100vw - 2 * var(--offset) - 74px);
  background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow);
}
[data-side=right] [part=preview] { right: 74px; }
[data-side=left] [part=preview] { left: 74px; }
[part=preview-text] {
  min-inline-size: 44px; min-block-size: 58px; padding-block: 10px; padding-inline: 16px 0; border: 0;
  border-radius: var(--radius); background: none; font-size: 15px; line-height: 1.4; text-align: start;
}
[part=preview-text] > span:last-child {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; overflow-wrap: anywhere;
}

[part=menu] {
  position: absolute; inset-block-start: calc(100% - 6px); inset-inline-end: 10px; z-index: 1;
  inline-size: max-content; max-inline-size: calc(100% - 20px); padding: 6px;
  background: var(--surface); border: 1px solid var(--line); border-radius: min(14px, var(--radius));
  box-shadow: var(--shadow);
}
[part=menu-item] {
  display: flex; align-items: center; gap: 12px; inline-size: 100%; min-block-size: 44px; padding: 6px 12px;
  border: 0; border-radius: 9px; background: none; font-size: 15px; line-height: 1.3; text-align: start;
}
.question { padding: 8px 12px; font-size: 15px; font-weight: 600; }
[part=menu-item]:hover { background: var(--raised); }
[part=menu-item][aria-pressed]::after {
  content: ""; flex: none; inline-size: 34px; block-size: 20px; margin-inline-start: auto;
  border: 2px solid var(--control); border-radius: 10px;
  background: radial-gradient(circle at 8px, var(--control) 5px, transparent 6px);
}
[part=menu-item][aria-pressed=true]::after {
  border-color: var(--strong);
  background: radial-gradient(circle at 22px, var(--strong) 5px, transparent 6px);
}
[dir=rtl] [part=menu-item][aria-pressed]::after { transform: scaleX(-1); }

[part=empty] { display: grid; grid-template-columns: auto 1fr; gap: 10px; align-items: end; }
[part=empty] .face { inline-size: 32px; block-size: 32px; }
[part=empty] p {
  justify-self: start; max-inline-size: 90%; padding: 9px 14px; border: 1px solid transparent; border-radius: var(--theirs);
  background: var(--raised); white-space: pre-wrap;
}
[part=empty] .chips { grid-column: 2; }

.tools { display: flex; align-items: center; padding-inline: 3px; }
.tools { opacity: 0; }
/* A mouse shows them before it can press them, a finger doesn't. */
@media (any-pointer: coarse) {
  .tools, [data-state=sent]:has(+ [data-follows]) .status { pointer-events: none; }
}
[part=message]:is([data-latest], [data-exact], :focus-within) :is(.tools, .status) { opacity: 1; pointer-events: auto; }
@media (hover: hover) {
  [part=message]:hover :is(.tools, .status) { opacity: 1; pointer-events: auto; }
}

[part=action] {
  display: grid; place-items: center; inline-size: 44px; block-size: 44px; margin: -8px -3px; padding: 0;
  border: 1px solid transparent; border-radius: 50%; background: none; color: var(--quiet);
}
[part=action]:hover { color: var(--ink); }
[part=action] svg { inline-size: 17px; block-size: 17px; stroke-width: 1.8; }
[part=action][data-action=down] svg { transform: scaleY(-1); }
[part=action][aria-pressed=true] { color: var(--strong); }
[part=action][aria-pressed=true] svg { fill: color-mix(in oklab, currentColor 35%, transparent); }

@media (forced-colors: active) {
  [part=action] { border-color: Canvas; }
  [part=action][aria-pressed=true] { border-color: Highlight; }
  [part=menu-item][aria-pressed]::after { forced-color-adjust: none; --control: ButtonText; --strong: Highlight; }
}
@media (prefers-reduced-motion: no-preference) {
  [part=preview] { animation: rise .22s cubic-bezier(.2, .8, .3, 1); }
}
`;
