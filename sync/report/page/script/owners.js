// Owners: how each stands, what is said of it, what a search finds.

const ACTIONS = Object.keys(data.signs); // the gravest first
const TONE_OF_SIGN = { "!": "held" };
for (const [action, sign] of Object.entries(data.signs)) TONE_OF_SIGN[sign] = action;

for (const owner of data.owners) {
  for (const key of ["addresses", "outages", "partners", "changes", "writes", "problems", "nodes", "edges"])
    owner[key] ??= [];
  owner.title = `${owner.namespace}/${owner.name}`;
  owner.sortName = `${owner.title} ${owner.kind}`;
  owner.tone = toneOf(owner);
}
const ownerOfProblem = new Map();
data.owners.forEach((owner, index) => owner.problems.forEach((number) => ownerOfProblem.set(number, index)));

const state = { query: [], filters: new Set(), shown: data.owners.map((_, index) => index), selected: -1 };

function toneOf(owner) {
  if (owner.hasFailed) return "failed";
  if (owner.standing === "held") return "held";
  const actions = new Set(owner.changes.map((change) => change.action));
  if (actions.size < 2) return [...actions][0] ?? "quiet";
  if (actions.has("replace")) return "replace";
  return owner.outages.length && actions.has("delete") ? "delete" : "update";
}

function signOf(owner) {
  return { failed: "✕", held: "!", quiet: "=" }[owner.tone] ?? data.signs[owner.tone];
}

function countsOf(owner) {
  const found = new Map();
  for (const change of owner.changes) found.set(change.action, (found.get(change.action) ?? 0) + 1);
  return ACTIONS.filter((action) => found.has(action)).map((action) => `${found.get(action)} ${action}`);
}

function says(owner) {
  if (owner.tone === "failed") return [h("em", {}, owner.standing), owner.said ? ` · ${owner.said}` : ""];
  if (owner.tone === "held") return [h("em", {}, "held"), " · left unchanged"];
  if (!owner.changes.length) return [owner.addresses.join(" · ") || "unchanged"];
  const done = owner.standing === "applied" ? ", applied" : "";
  const outage = owner.outages[0] ? [" · ", h("em", {}, owner.outages[0].split(": ").pop())] : []; // what it comes to
  return [countsOf(owner).join(", ") + done, ...outage];
}

function haystackOf(owner) {
  owner.haystack ??= plain(
    [
      owner.kind,
      owner.title,
      owner.file ?? "",
      owner.standing,
      ...owner.outages,
      ...owner.nodes.flatMap((node) => [node[2], ...node[5].map((row) => row[1])]),
      ...owner.changes.flatMap((change) => [change.tenant, change.kind, change.name, change.reason]),
    ].join("\n"),
  ).toLowerCase();
  return owner.haystack;
}

function passes(owner) {
  if (!state.filters.size) return true;
  if (owner.tone === "failed" && state.filters.has("failed")) return true;
  return state.filters.has(owner.standing) || owner.changes.some((change) => state.filters.has(change.action));
}
