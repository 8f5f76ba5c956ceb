// Head, filters, tabs, theme, keys; then the page is drawn.

function drawHead() {
  $("word").textContent = data.word;
  $("headline").textContent = data.headline;
  $("verdict").classList.add(`tone-${data.level}`);
  const facts = [
    ["cluster", data.cluster],
    ["commit", data.commit && data.commit.slice(0, 12)],
    ["digest", data.digest.slice(0, 12)],
  ];
  const whole = { commit: data.commit, digest: data.digest };
  $("facts").append(
    ...facts
      .filter(([, value]) => value)
      .map(([name, value]) => h("div", { title: whole[name] }, h("dt", {}, name), h("dd", {}, value))),
  );
  $("notes").append(
    ...data.notes.map((note) =>
      h("li", { class: `tone-${note.tone}` }, note.text, note.fix && [" ", h("span", { class: "fix" }, note.fix)]),
    ),
  );
  $("notes").hidden = !data.notes.length;
  const errors = data.problems.filter((problem) => problem.severity === "error").length;
  $("tab-owners").textContent = `Owners ${data.owners.length.toLocaleString("en")}`;
  $("tab-problems").textContent = `Problems ${data.problems.length.toLocaleString("en")}`;
  $("tab-problems").title = `${counted(errors, "error")}, ${counted(data.problems.length - errors, "warning")}`;
  if (errors) $("tab-problems").classList.add("tone-error", "toned");
}

function drawCounts() {
  $("counts").replaceChildren(
    ...data.counts.map((count) => {
      const tone = count.id === "unchanged" ? "quiet" : count.id;
      return h(
        "button",
        {
          type: "button",
          class: `count tone-${tone}${count.owners ? "" : " none"}`,
          "data-filter": count.id,
          "aria-pressed": String(state.filters.has(count.id)),
          click: () => toggle(count.id),
        },
        sign(count.sign, tone),
        h("strong", {}, count.number.toLocaleString("en"), h("span", {}, ` ${count.id}`)),
        h("small", {}, captionOf(count)),
      );
    }),
  );
}

function captionOf(count) {
  if (count.planned !== undefined && count.planned !== count.number)
    return `of ${count.planned.toLocaleString("en")} planned`;
  if (count.id === "held" || count.id === "failed") return count.number === 1 ? "owner" : "owners";
  return counted(count.owners, "owner");
}

function toggle(filter) {
  if (!state.filters.delete(filter)) state.filters.add(filter);
  for (const button of $("counts").children)
    button.setAttribute("aria-pressed", String(state.filters.has(button.dataset.filter)));
  openTab("owners");
  findOwners();
}

function openTab(name) {
  for (const one of ["owners", "problems"]) {
    const tab = $(`tab-${one}`);
    tab.setAttribute("aria-selected", String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    $(`${one}-panel`).hidden = one !== name;
  }
  if (name === "owners") drawRows();
}

const wantsDark = matchMedia("(prefers-color-scheme: dark)");
const THEMES = ["auto", "light", "dark"];
let theme = "auto";
try {
  theme = THEMES.find((one) => one === localStorage.getItem("avi-sync-theme")) ?? "auto";
} catch {
  // a page in a sandbox remembers nothing
}
function applyTheme() {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const seen = theme === "auto" ? (wantsDark.matches ? "dark" : "light") : theme;
  $("theme").textContent = `Theme: ${theme}`;
  $("theme").setAttribute("aria-label", `Theme: ${theme}, now ${seen}. Change it`);
  drawMap();
}
$("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try {
    localStorage.setItem("avi-sync-theme", theme);
  } catch {
    // as above
  }
  applyTheme();
});
wantsDark.addEventListener("change", applyTheme);

for (const [name, other] of [
  ["owners", "problems"],
  ["problems", "owners"],
]) {
  $(`tab-${name}`).addEventListener("click", () => openTab(name));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    openTab(other);
    $(`tab-${other}`).focus();
  });
}
$("search").addEventListener("input", (event) => {
  state.query = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  openTab("owners");
  findOwners();
});
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.target.value) list.focus();
  else onListKey(event);
});
list.addEventListener("keydown", onListKey);
list.addEventListener("scroll", drawRows, { passive: true });
new ResizeObserver(drawRows).observe(list);
addEventListener("resize", drawMap);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !isTyping(event.target)) {
    event.preventDefault();
    $("search").focus();
    $("search").select();
  } else if (event.key === "Escape" && $("detail").contains(event.target)) list.focus();
});

byName.sort((one, other) => (data.owners[one].sortName < data.owners[other].sortName ? -1 : 1));
applyTheme();
drawHead();
drawCounts();
drawProblems();
findOwners();
const asked = data.owners.findIndex(
  (owner) => `#${[owner.kind, owner.namespace, owner.name].map(encodeURIComponent).join("/")}` === location.hash,
);
if (asked >= 0) select(asked, { quietly: true });
else if (!data.owners.length && data.problems.length) openTab("problems");
