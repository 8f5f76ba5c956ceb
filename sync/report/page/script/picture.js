// The picture of one owner: Gateway, VirtualService and VIP, listeners, pools, servers.

const ROWS_SHOWN = 10;
const HEADS = ["", "VirtualService and VIP", "Listeners", "Pools", "Servers"];
const GAP = 12;

function picture(owner) {
  if (!owner.nodes.length) return [];
  const frame = h("div", { class: "picture" });
  const draw = () => {
    const width = frame.clientWidth;
    if (!width || width === frame.drawnWidth) return;
    frame.drawnWidth = width;
    frame.replaceChildren(width < 700 ? drawDown(owner, width) : drawAcross(owner, width), legend(owner));
  };
  observer.disconnect();
  observer.observe(frame);
  frame.draw = draw;
  requestAnimationFrame(draw);
  return [frame];
}
const observer = new ResizeObserver((entries) => entries.forEach((entry) => entry.target.draw?.()));

function legend(owner) {
  const used = new Set(owner.nodes.flatMap((node) => [node[3], ...node[5].map((row) => row[0])]));
  const items = [...used]
    .filter((one) => TONE_OF_SIGN[one])
    .map((one) => {
      const tone = TONE_OF_SIGN[one];
      return h("span", {}, sign(one, tone), tone);
    });
  const words = items.length
    ? [...items, h("span", {}, "plain: unchanged")]
    : [h("span", {}, "Nothing here changes.")];
  const isTried =
    owner.hasFailed && h("span", {}, "This is what was planned; the requests below show the result.");
  return h("div", { class: "legend" }, ...words, isTried);
}

// Of many rows those that change are drawn first of all; if all of them come or go alike, a few stand for all.
function boxes(owner) {
  return owner.nodes.map(([column, kind, title, mark, key, all, left], index) => {
    const rows = all.length <= ROWS_SHOWN ? all : chosen(all);
    return { index, column, kind, title, mark, key, rows, more: left + all.length - rows.length };
  });
}

function chosen(rows) {
  if (rows.every((row) => row[0] === rows[0][0])) return rows.slice(0, ROWS_SHOWN);
  let signed = 3 * ROWS_SHOWN;
  let quiet = ROWS_SHOWN - rows.filter((row) => row[0]).length;
  return rows.filter((row) => (row[0] ? (signed -= 1) >= 0 : (quiet -= 1) >= 0));
}

// In up to four lines; of a longer text the middle is left out, for names differ at their ends.
function wrap(text, width, charWidth) {
  const room = Math.max(6, Math.floor(width / charWidth));
  const lines = [];
  let rest = shorten(text, 3.6 * width, charWidth);
  while (rest.length > room) {
    const ends = ["-", "/", " ", "…"].map((one) => rest.lastIndexOf(one, room - 1));
    const cut = Math.max(...ends) + 1;
    const end = cut > room / 2 ? cut : room;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...lines, rest];
}

function shorten(text, width, charWidth) {
  const room = Math.max(6, Math.floor(width / charWidth));
  const all = plain(text);
  if (all.length <= room) return all;
  const tail = Math.ceil((room - 1) / 2);
  return `${all.slice(0, room - 1 - tail)}…${all.slice(-tail)}`;
}

function measure(box, width) {
  box.width = width;
  const room = width - 22;
  const charWidth = box.column === 0 ? 7.6 : 7.3;
  const parts = box.column === 0 && box.title.length * charWidth > room ? box.title.split(/(?<=\/)/) : [box.title];
  box.lines = parts.filter(Boolean).flatMap((part) => wrap(part, room, charWidth));
  box.height =
    27 +
    box.lines.length * 16 +
    box.rows.length * 17 +
    (box.more ? 17 : 0) +
    (box.rows.length && box.lines.length ? 4 : 0) +
    (box.rows.length ? 4 : 2);
  return box.height;
}

// Each pool with the listeners that lead to it and its servers is a lane; VirtualServices stand beside their lanes.
function lanesOf(owner, all) {
  const after = (index) => owner.edges.filter((edge) => edge[0] === index).map((edge) => all[edge[1]]);
  const placed = new Set();
  const lane = (listeners, pool) => {
    if (pool) placed.add(pool);
    return { listeners, pool, servers: pool ? after(pool.index)[0] : undefined };
  };
  const blocks = after(0).map((service) => {
    const own = after(service.index);
    const listeners = own.filter((box) => box.column === 2);
    const lanes = [];
    const byPool = new Map();
    for (const listener of listeners) {
      const [first] = after(listener.index);
      if (first && byPool.has(first)) byPool.get(first).listeners.push(listener);
      else if (first && !placed.has(first)) byPool.set(first, lanes[lanes.push(lane([listener], first)) - 1]);
      else lanes.push(lane([listener]));
    }
    for (const pool of listeners.flatMap((listener) => after(listener.index)))
      if (!placed.has(pool)) lanes.push(lane([], pool));
    return { service, vips: own.filter((box) => box.column === 1), lanes };
  });
  const others = all.filter((box) => box.column === 3 && !placed.has(box)).map((pool) => lane([], pool));
  const hung = new Set(blocks.flatMap((block) => block.vips));
  const vips = all.filter(
    (box) => box.column === 1 && !hung.has(box) && !blocks.some((block) => block.service === box),
  );
  if (others.length || vips.length) blocks.push({ service: undefined, vips, lanes: others });
  return blocks;
}

// The middle of what is beside something tall: not so far down that it would be out of sight.
const inSight = (height, own) => Math.max(own / 2, Math.min(height / 2, 220));
const stack = (items) => items.reduce((sum, box) => sum + box.height + GAP, -GAP);
function place(items, x, middle) {
  let y = middle - stack(items) / 2;
  for (const box of items) {
    box.x = x;
    box.y = y;
    y += box.height + GAP;
  }
}

function drawAcross(owner, width) {
  const all = boxes(owner);
  const pad = 16;
  const gap = Math.max(26, Math.min(46, width * 0.035));
  const room = width - 2 * pad - 4 * gap;
  const widths = [0.155, 0.245, 0.115, 0.255, 0.23].map((part) => Math.floor(part * room));
  const lefts = widths.map((_, column) => pad + widths.slice(0, column).reduce((sum, one) => sum + one + gap, 0));
  for (const box of all) measure(box, widths[box.column]);
  const blocks = lanesOf(owner, all);
  const top = 38;
  let y = top;
  for (const block of blocks) {
    const start = y;
    const heights = block.lanes.map((lane) =>
      Math.max(stack(lane.listeners), lane.pool?.height ?? 0, lane.servers?.height ?? 0, 0),
    );
    const front = [block.service, ...block.vips].filter(Boolean);
    const height = Math.max(
      stack(front),
      heights.reduce((sum, one) => sum + one + GAP, -GAP),
      0,
    );
    let at = start + (height - heights.reduce((sum, one) => sum + one + GAP, -GAP)) / 2;
    block.lanes.forEach((lane, number) => {
      const middle = at + heights[number] / 2;
      place(lane.listeners, lefts[2], middle);
      if (lane.pool) place([lane.pool], lefts[3], middle);
      if (lane.servers) place([lane.servers], lefts[4], middle);
      at += heights[number] + GAP;
    });
    place(front, lefts[1], start + inSight(height, stack(front)));
    y = start + height + 2 * GAP;
  }
  const bottom = Math.max(y - 2 * GAP, top + all[0].height);
  place([all[0]], lefts[0], top + inSight(bottom - top, all[0].height));
  const heads = HEADS.map(
    (head, column) =>
      all.some((box) => box.column === column) &&
      svg("text", { class: "head", x: lefts[column], y: 23 }, head || owner.kind),
  );
  const edges = owner.edges.map(([start, end, mark]) => {
    const [from, to] = [all[start], all[end]];
    const isBelow = from.column === to.column;
    const [x1, y1] = isBelow ? [from.x + 22, from.y + from.height] : [from.x + from.width, from.y + from.height / 2];
    const [x2, y2] = isBelow ? [to.x + 22, to.y] : [to.x, to.y + to.height / 2];
    const bend = (x2 - x1) / 2;
    return edge(
      isBelow ? `M${x1} ${y1}L${x2} ${y2}` : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
      from,
      to,
      mark,
    );
  });
  return canvas(owner, width, bottom + 18, [...heads.filter(Boolean), ...edges, ...all.map(node)]);
}

function drawDown(owner, width) {
  const all = boxes(owner);
  const pad = 12;
  const step = Math.min(18, width * 0.04);
  let y = pad;
  const put = (box, level) => {
    measure(box, width - 2 * pad - level * step);
    box.x = pad + level * step;
    box.y = y;
    y += box.height + 9;
  };
  put(all[0], 0);
  for (const block of lanesOf(owner, all)) {
    if (block.service) put(block.service, 1);
    block.vips.forEach((box) => put(box, 2));
    for (const lane of block.lanes) {
      lane.listeners.forEach((box) => put(box, 2));
      if (lane.pool) put(lane.pool, 3);
      if (lane.servers) put(lane.servers, 4);
    }
  }
  // Lines from one box share a trunk, which stays plain; only the branch to each box has its colour.
  const lines = owner.edges.flatMap(([start, end, mark]) => {
    const [from, to] = [all[start], all[end]];
    if (to.y < from.y) return [];
    const x = from.x + step / 2;
    const trunk = svg("path", { class: "trunk", d: `M${x} ${from.y + from.height}V${to.y + 18}` });
    return [trunk, edge(`M${x} ${to.y + 18}H${to.x}`, from, to, mark)];
  });
  return canvas(owner, width, y + pad - 9, [...lines, ...all.map(node)]);
}

function canvas(owner, width, height, children) {
  const name = `The way to ${owner.kind} ${plain(owner.title)}: VirtualService and VIP, listeners, pools, servers`;
  return svg(
    "svg",
    {
      width,
      height: Math.ceil(height),
      viewBox: `0 0 ${width} ${Math.ceil(height)}`,
      role: "group",
      "aria-label": name,
    },
    ...children,
  );
}

function edge(path, from, to, mark) {
  const tone = TONE_OF_SIGN[mark];
  return svg("path", {
    class: tone ? `edge tone-${tone}` : "edge",
    d: path,
    "data-from": from.index,
    "data-to": to.index,
    "data-sign": mark,
  });
}

function node(box) {
  const tone = TONE_OF_SIGN[box.mark];
  const isLink = Boolean(tone && box.key);
  const said = [
    box.kind,
    plain(box.title),
    tone && tone,
    ...box.rows.map((one) => [plain(one[1]), TONE_OF_SIGN[one[0]]].filter(Boolean).join(" ")),
  ]
    .filter(Boolean)
    .join(", ");
  const group = svg("g", {
    class: tone ? `node signed tone-${tone}` : "node",
    transform: `translate(${box.x} ${box.y})`,
    role: isLink ? "link" : "img",
    "aria-label": said,
    tabindex: isLink ? "0" : undefined,
    "data-kind": box.kind,
    "data-title": plain(box.title),
    "data-sign": box.mark,
    click: isLink && (() => reveal(box.key)),
    keydown: isLink && ((event) => event.key === "Enter" && reveal(box.key)),
  });
  group.append(svg("title", {}, said), svg("rect", { class: "box", width: box.width, height: box.height, rx: 9 }));
  const number = box.rows.length + box.more;
  group.append(
    svg(
      "text",
      { class: "kind", x: 11, y: 17 },
      box.kind === "Servers" && number ? counted(number, "server") : box.kind,
    ),
  );
  let y = 35;
  for (const line of box.lines) {
    group.append(
      svg("text", { class: box.column === 0 || box.column === 2 ? "title strong" : "title", x: 11, y }, line),
    );
    y += 16;
  }
  if (box.rows.length && box.lines.length) y += 4;
  for (const [mark, text] of box.rows) {
    const rowTone = TONE_OF_SIGN[mark];
    const room = box.width - 34;
    const cellText = svg("text", {
      class: rowTone ? `cell signed tone-${rowTone}` : "cell",
      x: 11,
      y: y + 1,
      "data-sign": mark,
    });
    cellText.append(
      svg("tspan", { x: 11 }, mark || "·"),
      svg("tspan", { class: "said", x: 11 + Math.max(14, mark.length * 7 + 5) }, shorten(text, room, 7.05)),
    );
    group.append(cellText);
    y += 17;
  }
  if (box.more)
    group.append(svg("text", { class: "cell", x: 25, y: y + 1 }, `and ${box.more.toLocaleString("en")} more`));
  if (tone) {
    const badge = box.mark.length * 7 + 9;
    group.append(
      svg("rect", { class: "badge", x: box.width - badge - 7, y: 7, width: badge, height: 18, rx: 6 }),
      svg("text", { class: "badge-text", x: box.width - badge / 2 - 7, y: 20 }, box.mark),
    );
  }
  return group;
}

function reveal(key) {
  const found = [...document.querySelectorAll(".change")].find((one) => one.dataset.key === key);
  if (!found) return;
  const details = found.querySelector("details");
  if (details) details.open = true;
  found.scrollIntoView({ block: "nearest" });
  found.focus({ preventScroll: true });
  document.querySelector(".change.flash")?.classList.remove("flash");
  found.classList.add("flash");
}
