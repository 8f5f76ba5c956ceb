"""Golden folders: a source tree and the objects that it is translated to (tests/golden/README.md)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.desired import load_source, make_desired, offline
from sync.kinds import KINDS
from sync.report.documents import render_document
from sync.source.facts_file import read_facts_file
from sync.source.git.source import SourceRequest

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/repo") if not (path.parent / "case.yaml").exists())


@pytest.mark.parametrize("case", CASES)
def test_a_source_tree_comes_to_exactly_these_objects_and_problems(
    case: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The tree in `repo/` (with the facts beside it, if any) renders to `objects.yaml`."""
    folder = GOLDEN / case
    facts = read_facts_file(folder / "facts.yaml") if (folder / "facts.yaml").exists() else None
    source = load_source(SourceRequest(location=str(folder / "repo"), cache_dir=tmp_path, plain_folder_allowed=True))

    desired = offline(make_desired(source, facts))

    made = _readable(render_document(desired))
    if request.config.getoption("--update-golden"):
        (folder / "objects.yaml").write_text(made)
    assert (folder / "objects.yaml").read_text() == made


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_case(kind: str) -> None:
    """There a reviewer reads what is made of it."""
    files = (path for name in ("objects.yaml", "plan.txt") for path in GOLDEN.glob(f"*/{name}"))

    assert any(f" {kind} " in path.read_text("utf-8") for path in files)


def _readable(document: dict[str, Any]) -> str:
    """The document without digests, which are no business of a reader's."""
    objects = {
        f"{item['kind']} {item['tenant']}/{item['name']}": _without_digests(item["body"])
        for item in document["objects"]
    }
    shown = {"objects": objects, "problems": document["problems"], "statuses": document["statuses"]}
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120)


def _without_digests(body: dict[str, Any]) -> dict[str, Any]:
    markers = [marker for marker in body["markers"] if marker["key"] not in ("Digest", "Fields")]
    return {**body, "markers": {marker["key"]: ",".join(marker["values"]) for marker in markers}}
