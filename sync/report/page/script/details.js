// The details of one owner: what changes field by field, side by side.

function drawDetail() {
  const detail = $("detail");
  detail.scrollTop = 0;
  const owner = data.owners[state.selected];
  if (!owner) {
    const nothing = data.owners.length
      ? "Nothing here matches the search and the filters."
      : "There is no Gateway and no Service to show.";
    detail.replaceChildren(h("p", { class: "empty" }, nothing));
    return;
  }
  detail.replaceChildren(
    h("h2", {}, h("i", {}, `${owner.kind} ${owner.namespace}/`), owner.name),
    h(
      "p",
      { class: "under" },
      h(
        "span",
        { class: `tag tone-${owner.tone}` },
        owner.tone === "quiet" ? owner.standing : [owner.standing, ...countsOf(owner)].join(" · "),
      ),
      owner.file && h("code", {}, `${owner.file}:${owner.line}`),
    ),
    ...calls(owner),
    ...picture(owner),
    ...changesOf(owner),
    ...writesOf(owner),
  );
}

function calls(owner) {
  const found = [];
  const call = (tone, strong, ...rest) =>
    found.push(h("p", { class: `call tone-${tone}` }, h("b", {}, strong), ...rest));
  if (owner.tone === "failed") call("failed", `${owner.standing}: `, owner.said || "not every change was applied");
  for (const outage of owner.outages) call(owner.tone === "failed" ? "failed" : owner.tone, "! ", outage);
  if (owner.standing === "held")
    call("held", "Held: ", "nothing is created, changed or deleted until this is fixed.");
  if (owner.partners.length)
    call("quiet", "Together ", `with ${owner.partners.join(", ")}, because they exchange addresses.`);
  const problems = owner.problems.map((number) => problemOf(number, { isLinked: false }));
  if (problems.length) found.push(h("ol", { class: "problems-here" }, ...problems));
  return found.length ? [h("div", { class: "calls" }, ...found)] : [];
}

function changesOf(owner) {
  if (!owner.changes.length) return [];
  return [h("h3", {}, `${counted(owner.changes.length, "object")}, field by field`), ...owner.changes.map(changeOf)];
}

function changeOf(change, number) {
  const isLoud = change.action === "replace" || change.action === "delete";
  const title = [
    sign(data.signs[change.action], change.action),
    h("span", { class: "away" }, `${change.action}: `),
    h("span", { class: "kind" }, change.kind),
    h("span", { class: "called" }, `${change.tenant}/${change.name}`),
    h("span", { class: isLoud ? "why loud" : "why" }, change.reason),
    change.end && h("span", { class: `tag tone-${change.end === "applied" ? "applied" : "failed"}` }, change.end),
  ];
  const attributes = {
    class: `change tone-${change.action}`,
    id: `change-${number}`,
    "data-key": `${change.kind} ${change.tenant}/${change.name}`,
    tabindex: "-1",
  };
  const lossWord = change.action === "delete" ? "! lost with it: " : "! not carried over: ";
  const lost = change.lost.map((one) => h("p", { class: "call tone-held" }, h("b", {}, lossWord), one));
  if (change.action === "create") {
    const content = change.fields.length
      ? valuesOf(change)
      : h("p", { class: "under" }, "Its fields are in the JSON report.");
    return h("article", attributes, h("details", {}, h("summary", {}, ...title), content), ...lost);
  }
  return h("article", attributes, h("header", {}, ...title), ...lost, change.fields.length ? fieldsOf(change) : null);
}

function valuesOf(change) {
  const rows = change.fields.map(([path, , after]) =>
    h("tr", {}, h("th", { scope: "row" }, ...breakable(path)), h("td", { class: "comes" }, shown(after))),
  );
  return h("table", { class: "fields" }, tableHead("Field", "Value"), h("tbody", {}, ...rows));
}

function fieldsOf(change) {
  const heads = data.isPlanned ? ["Field", "Live now", "After"] : ["Field", "Before", "After"];
  const rows = change.fields.map(([path, before, after]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, ...breakable(path.replace(/\[\]$/, ""))),
      cell(before, "goes"),
      cell(after, "comes"),
    ),
  );
  return h("table", { class: "fields" }, tableHead(...heads), h("tbody", {}, ...rows));
}

// A long path may break after the end of a word.
const breakable = (path) => path.split(/(?<=[._\]])/).flatMap((part) => [part, h("wbr")]);
const tableHead = (...names) => h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
const cell = (value, side) =>
  value === null ? h("td", { class: "nothing" }, "none") : h("td", { class: side }, shown(value));

function shown(value) {
  if (typeof value === "string") return value || '""';
  const short = JSON.stringify(value);
  return short.length <= 56 ? short : JSON.stringify(value, null, 2);
}

function writesOf(owner) {
  if (!owner.writes.length) return [];
  const items = owner.writes.map(([method, key, ended, said]) =>
    h(
      "li",
      {},
      h("b", {}, method),
      h("span", {}, key),
      ended && h("span", { class: ended === "applied" ? "tag tone-applied" : "tag tone-failed" }, ended),
      said && h("span", {}, said),
    ),
  );
  const title = data.isPlanned
    ? `${counted(items.length, "request")}, in this order`
    : counted(items.length, "request");
  return [h("h3", {}, "Requests"), h("details", { class: "writes" }, h("summary", {}, title), h("ol", {}, ...items))];
}
