// The map: every owner is a square, in the order of their names.

const MAP_FROM = 80;
const MAP_HEIGHT = 66;
const byName = data.owners.map((_, index) => index);
const map = $("map");
const grid = { cell: 0, columns: 0 };

function drawMap() {
  if (data.owners.length < MAP_FROM) return;
  map.hidden = false;
  const width = map.clientWidth;
  if (!width) return;
  const scale = devicePixelRatio || 1;
  grid.cell = Math.min(
    14,
    Math.max(3, Math.floor(Math.sqrt((width * MAP_HEIGHT) / data.owners.length) * scale) / scale),
  );
  grid.columns = Math.floor(width / grid.cell);
  const height = Math.ceil(data.owners.length / grid.columns) * grid.cell;
  map.width = width * scale;
  map.height = height * scale;
  map.style.height = `${height}px`;
  const paint = map.getContext("2d");
  paint.scale(scale, scale);
  const colours = coloursOf(["quiet", "held", "failed", ...ACTIONS]);
  const shown = new Set(state.shown);
  const size = grid.cell - Math.max(0.75, grid.cell * 0.18);
  byName.forEach((index, position) => {
    const { tone } = data.owners[index];
    paint.globalAlpha = shown.has(index) ? (tone === "quiet" ? 0.32 : 1) : 0.1;
    paint.fillStyle = colours[tone];
    paint.fillRect((position % grid.columns) * grid.cell, Math.floor(position / grid.columns) * grid.cell, size, size);
  });
}

function coloursOf(tones) {
  const probe = h("span", { hidden: true });
  document.body.append(probe);
  const found = {};
  for (const tone of tones) {
    probe.className = `tone-probe tone-${tone}`;
    found[tone] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

function ownerAt(event) {
  const column = Math.floor(event.offsetX / grid.cell);
  return byName[Math.floor(event.offsetY / grid.cell) * grid.columns + Math.min(column, grid.columns - 1)];
}
map.addEventListener("click", (event) => {
  const index = ownerAt(event);
  if (index !== undefined) show(index);
});
map.addEventListener("mousemove", (event) => {
  const owner = data.owners[ownerAt(event)];
  map.title = owner ? plain(`${owner.kind} ${owner.title}: ${countsOf(owner).join(", ") || owner.standing}`) : "";
});
