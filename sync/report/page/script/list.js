// The list: only the rows in sight are in the document, however many owners there are.

const ROW = 58;

const list = $("list");
const space = h("div", { class: "space", role: "presentation" });
list.append(space);

function findOwners() {
  state.shown = [];
  data.owners.forEach((owner, index) => {
    if (passes(owner) && (!state.query.length || state.query.every((term) => haystackOf(owner).includes(term))))
      state.shown.push(index);
  });
  space.style.height = `${state.shown.length * ROW}px`;
  const all = data.owners.length;
  const number =
    state.shown.length === all
      ? counted(all, "owner")
      : `${state.shown.length.toLocaleString("en")} of ${counted(all, "owner")}`;
  $("found").replaceChildren(number, h("span", { class: "hint", "aria-hidden": "true" }, "↑ ↓ choose · Enter read"));
  if (!state.shown.includes(state.selected)) {
    list.scrollTop = 0;
    select(state.shown.length ? state.shown[0] : -1, { quietly: true });
  }
  drawRows();
  drawMap();
}

function drawRows() {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 4);
  const last = Math.min(state.shown.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 4);
  const rows = [];
  for (let position = first; position < last; position += 1) rows.push(row(position));
  space.replaceChildren(...rows);
  const chosen = state.shown.indexOf(state.selected);
  if (chosen >= first && chosen < last) list.setAttribute("aria-activedescendant", `owner-${state.selected}`);
  else list.removeAttribute("aria-activedescendant");
}

function row(position) {
  const index = state.shown[position];
  const owner = data.owners[index];
  const element = h(
    "div",
    {
      id: `owner-${index}`,
      role: "option",
      class: `row tone-${owner.tone}${owner.tone === "quiet" ? " quiet" : ""}`,
      "aria-selected": String(index === state.selected),
      "aria-posinset": position + 1,
      "aria-setsize": state.shown.length,
      title: `${owner.kind} ${plain(owner.title)}`,
      click: () => select(index),
    },
    sign(signOf(owner), owner.tone),
    h(
      "div",
      { class: "name" },
      h("i", {}, `${owner.kind} `, ...marked(`${owner.namespace}/`)),
      h("b", {}, ...marked(owner.name)),
    ),
    h("div", { class: "says" }, ...says(owner)),
  );
  element.style.top = `${position * ROW}px`;
  return element;
}

function marked(text) {
  const shown = plain(text);
  const term = state.query.find((one) => shown.toLowerCase().includes(one));
  if (!term) return [text];
  const start = shown.toLowerCase().indexOf(term);
  return [
    shown.slice(0, start),
    h("mark", {}, shown.slice(start, start + term.length)),
    shown.slice(start + term.length),
  ];
}

function select(index, { quietly = false } = {}) {
  state.selected = index;
  const position = state.shown.indexOf(index);
  if (position >= 0) {
    if (position * ROW < list.scrollTop) list.scrollTop = position * ROW;
    const bottom = (position + 1) * ROW - list.clientHeight;
    if (bottom > list.scrollTop) list.scrollTop = bottom;
  }
  drawRows();
  drawDetail();
  if (index >= 0 && !quietly) {
    const owner = data.owners[index];
    try {
      history.replaceState(null, "", `#${[owner.kind, owner.namespace, owner.name].map(encodeURIComponent).join("/")}`);
    } catch {
      // a page in a sandbox has no address to change
    }
  }
}

function move(step) {
  if (!state.shown.length) return;
  const from = state.shown.indexOf(state.selected);
  const to = Math.min(state.shown.length - 1, Math.max(0, from + step));
  select(state.shown[to]);
}

function onListKey(event) {
  const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
  if (!isTyping(event.target)) Object.assign(steps, { Home: -Infinity, End: Infinity });
  if (event.key in steps) move(steps[event.key]);
  else if (event.key === "Enter") $("detail").focus();
  else return;
  event.preventDefault();
}
const isTyping = (element) => element instanceof HTMLInputElement;
