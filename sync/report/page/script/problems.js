// Problems with their places.

function problemOf(number, { isLinked }) {
  const problem = data.problems[number];
  const owner = ownerOfProblem.get(number);
  const about = [problem.resource, problem.field].filter(Boolean).join(": ");
  const isLink = isLinked && owner !== undefined;
  const link = isLink && h("button", { type: "button", class: "link", click: () => show(owner) }, problem.resource);
  return h(
    "li",
    { class: `problem tone-${problem.severity}` },
    h(
      "span",
      { class: "place" },
      h("b", {}, problem.severity),
      problem.file ? `${problem.file}:${problem.line}` : "the tree as a whole",
    ),
    h("p", { class: "message" }, problem.message),
    problem.fix && h("p", { class: "fix" }, problem.fix),
    about && h("p", { class: "about" }, ...(isLink ? [link, problem.field ? `: ${problem.field}` : ""] : [about])),
  );
}

function show(index) {
  state.filters.clear();
  state.query = [];
  $("search").value = "";
  drawCounts();
  findOwners();
  select(index);
  $("detail").focus();
}

function drawProblems() {
  const step = 300;
  let drawn = 0;
  const more = h("li", {}, h("button", { type: "button", class: "link", click: () => draw() }, "Show more"));
  const draw = () => {
    more.remove();
    const end = Math.min(drawn + step, data.problems.length);
    for (; drawn < end; drawn += 1) $("problems").append(problemOf(drawn, { isLinked: true }));
    if (drawn < data.problems.length) $("problems").append(more);
  };
  draw();
  if (!data.problems.length) $("problems").append(h("li", { class: "empty" }, "No problem was found."));
}
