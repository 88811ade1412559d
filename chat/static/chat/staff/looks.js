// The preview of a site's looks. The policy forbids inline styles, but not those that a script sets.

const preview = document.querySelector("#looks");
const field = (name) => document.querySelector(`#id_${name}`);
const fields = ["title", "greeting", "starters", "avatar", "accent"].map(field);
const picker = preview?.querySelector("input");
let asked = 0; // only the answer to the last question counts

function each(name, change) {
  for (const node of preview.querySelectorAll(`.looks-${name}`)) change(node);
}

async function draw() {
  const [title, greeting, starters, avatar, accent] = fields.map(({ value }) => value.trim());
  each("title", (node) => (node.textContent = title || node.dataset.otherwise));
  each("greeting", (node) => (node.textContent = greeting || node.dataset.otherwise));
  each("starter", (node) => {
    [node.textContent] = starters.split("\n");
    node.hidden = starters === "";
  });
  asked += 1;
  const question = asked;
  const answer = await fetch(`${preview.dataset.address}?${new URLSearchParams({ accent, avatar })}`).catch(() => null);
  if (!answer?.ok || question !== asked) return;
  const { colours, avatar: address } = await answer.json();
  for (const name of ["--brand", "--on-brand", "--brand-text"]) preview.style.setProperty(name, colours[name] ?? "");
  picker.value = colours["--brand"] ?? picker.defaultValue;
  each("face", (node) => {
    if (address) node.src = address;
    node.hidden = !address;
  });
}

if (preview && fields.every(Boolean)) {
  preview.hidden = false;
  for (const node of fields) node.addEventListener("input", draw);
  picker.addEventListener("input", () => {
    field("accent").value = picker.value;
    draw();
  });
  draw();
}
