"""The part of docs/emulator.md that says what is faithful, what is inferred and what is missing.

    python tools/make_emulator_docs.py [--check]

Made from `tools/emulator_behaviours.yaml` and from the refusals in `sync/emulator/errors.py`; what stands outside the
marks in the document is written by hand. With `--check` nothing is written, and the exit code is 1 if the document is
out of date. Every behaviour must name a test that exists.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sync.emulator.errors import Refusal, Wording

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "emulator_behaviours.yaml"
DOCUMENT = ROOT / "docs" / "emulator.md"
TESTS = ROOT / "tests" / "emulator"
BEGIN, END = "<!-- made by tools/make_emulator_docs.py -->", "<!-- end of what is made -->"
EVIDENCE = {
    "recorded": "an answer of a real Controller that the vendor published; `test_…#n` are recordings of its Python SDK",
    "documented": "the API guide, the swagger or the administration guide says so",
    "client": "an official client depends on it",
    "reported": "somebody quoted a real Controller",
    "inferred": "our choice, because nothing is known: do not build on it",
}
# How issues and notes abbreviate the evidence.
MARKS = {"recorded": "rec", "documented": "doc", "client": "client", "reported": "reported", "inferred": "ours"}
MISSING = "Missing"


def main() -> int:
    """Write the document, or check it."""
    behaviours = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    problems = list(problems_of(behaviours))
    if problems:
        print("\n".join(problems))
        return 1
    before = DOCUMENT.read_text(encoding="utf-8")
    head, rest = before.split(BEGIN)
    after = f"{head}{BEGIN}\n\n{text_of(behaviours)}\n{END}{rest.split(END)[1]}"
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(after, encoding="utf-8")
    elif after != before:
        print(f"{DOCUMENT.name} is out of date\n  fix: python tools/{Path(__file__).name}")
        return 1
    return 0


def problems_of(behaviours: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the table: an evidence that is none, a test that does not exist."""
    for area, rows in behaviours.items():
        for row in rows if area != MISSING else ():
            file, _, name = row["test"].partition("::")
            tests = TESTS / f"test_{file}.py"
            if row["evidence"] not in EVIDENCE:
                yield f"{SOURCE.name}: {row['does']!r}: {row['evidence']!r} is not one of {', '.join(EVIDENCE)}"
            if not tests.exists() or f"def test_{name}(" not in tests.read_text(encoding="utf-8"):
                yield f"{SOURCE.name}: {row['does']!r}: there is no test {row['test']}"


def text_of(behaviours: Mapping[str, Any]) -> str:
    """The tables."""
    areas = {area: rows for area, rows in behaviours.items() if area != MISSING}
    counts = Counter(row["evidence"] for rows in areas.values() for row in rows)
    lines = ["| Evidence | Behaviours | |", "|---|---|---|"]
    lines += [f"| {kind} [{MARKS[kind]}] | {counts[kind]} | {meaning} |" for kind, meaning in EVIDENCE.items()]
    for area, rows in areas.items():
        lines += ["", f"### {area}", "", "| Behaviour | Evidence | From |", "|---|---|---|"]
        lines += [f"| {row['does']} | {row['evidence']} | {row['from']} |" for row in rows]
    lines += ["", "### What it refuses", "", "| Status | Text | Evidence |", "|---|---|---|"]
    lines += [refusal_row(refusal.value) for refusal in sorted(Refusal, key=lambda one: one.value.status)]
    lines += ["", "### What is missing", "", *(f"- {one}" for one in behaviours[MISSING])]
    return "\n".join(lines) + "\n"


def refusal_row(wording: Wording) -> str:
    """One refusal; its places are in braces."""
    text = re.sub(r"<[^>]+>", "", wording.text).replace("{{", "{").replace("}}", "}").replace("|", "\\|")
    return f"| {wording.status} | `{text}` | {wording.evidence} |"


if __name__ == "__main__":
    sys.exit(main())
