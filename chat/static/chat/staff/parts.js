// The forms for what comes below the words: a button adds one, each shows only the fields of its kind, and two buttons move it.
// Without this module there are empty forms, all fields, and a number for the place.

import { element } from "../view/dom.js";

const field = (form, name) => form.querySelector(`[name$="-${name}"]`);

class Parts {
  #node;
  #list;
  #total;

  constructor(node) {
    this.#node = node;
    this.#list = node.querySelector(".chat-parts-list");
    this.#total = node.querySelector(`[name="${node.dataset.prefix}-TOTAL_FORMS"]`);
    // In the order of their places, as it was when the forms were sent and refused.
    const placed = this.#forms.map((form, index) => ({ form, place: Number(field(form, "ORDER").value) || 1000 + index }));
    for (const { form } of placed.sort((one, other) => one.place - other.place)) {
      if (isBlank(form)) form.remove();
      else this.#list.append(form);
    }
    this.#forms.forEach((form) => this.#prepare(form));
    const adders = node.querySelector(".chat-parts-add");
    adders.hidden = false;
    adders.addEventListener("click", ({ target }) => {
      if (target.dataset.kind) this.#add(target.dataset.kind);
    });
    this.#number();
  }

  get #forms() {
    return [...this.#list.children];
  }

  #add(kind) {
    const holder = document.createElement("div");
    holder.append(this.#node.querySelector("template").content.cloneNode(true));
    // A number that no form has had. Numbers that are missing count as empty forms.
    const number = this.#total.value;
    for (const node of holder.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = node.getAttribute(name);
        if (value !== null) node.setAttribute(name, value.replace("__prefix__", number));
      }
    }
    this.#total.value = Number(number) + 1;
    const form = holder.firstElementChild;
    field(form, "kind").value = kind;
    this.#list.append(form);
    this.#prepare(form);
    this.#number();
    form.querySelector(".chat-part-field:not([hidden]) :is(input, textarea)").focus();
  }

  #prepare(form) {
    const move = (label, step) =>
      element("button", { type: "button", class: "button", "aria-label": label, title: label, onclick: () => this.#move(form, step) }, step < 0 ? "↑" : "↓");
    field(form, "ORDER").hidden = true;
    form.querySelector(".chat-part-place").append(move(this.#node.dataset.up, -1), move(this.#node.dataset.down, 1));
    field(form, "kind").addEventListener("change", () => show(form));
    show(form);
  }

  #move(form, step) {
    const other = step < 0 ? form.previousElementSibling : form.nextElementSibling;
    if (!other) return;
    const pressed = document.activeElement;
    if (step < 0) other.before(form);
    else other.after(form);
    this.#number();
    pressed.focus(); // moving takes the focus away
  }

  #number() {
    this.#forms.forEach((form, index) => (field(form, "ORDER").value = index + 1));
  }
}

const inputs = (form) => [...form.querySelectorAll(".chat-part-field :is(input, textarea)")];
const isBlank = (form) => !field(form, "kind").value && !form.querySelector(".errorlist") && inputs(form).every((input) => !input.value);

/** Show the fields of the form's kind, and those that have something or are wrong. */
function show(form) {
  const { value, selectedOptions } = field(form, "kind");
  form.dataset.kind = value;
  form.setAttribute("aria-label", value ? selectedOptions[0].textContent : form.closest(".chat-parts").dataset.new);
  for (const node of form.querySelectorAll(".chat-part-field")) {
    const isUsed = node.dataset.kinds.split(" ").includes(value);
    node.hidden = !isUsed && !node.querySelector(".errorlist") && !node.querySelector("input, textarea").value;
  }
}

for (const node of document.querySelectorAll(".chat-parts")) new Parts(node);
