"""The example repository among the files of other programs: the plan is the same."""

from pathlib import Path

from tests.shared.emulated_controller import Run
from tests.shared.tree import Tree
from tests.shared.unrelated import unrelated_tree

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "repo"


def add(tree: Tree, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (tree.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (tree.folder / name).write_bytes(content)
    tree.commit()


def test_files_of_other_programs_leave_the_plan_as_it_is(sync: Run, tree: Tree) -> None:
    """What is created is the same, and after that nothing is left to do."""
    (tree.folder / "class.yaml").unlink()
    add(tree, {str(path.relative_to(EXAMPLE)): path.read_bytes() for path in EXAMPLE.rglob("*.yaml")})
    without = sync("--dry-run").document
    add(tree, dict(unrelated_tree(300, with_bundles=False).files))

    planned = sync("--dry-run").document
    applied = sync()
    again = sync("--dry-run")

    assert (applied.code, again.code, again.document["changes"]) == (0, 0, [])
    for part in ("digest", "changes", "held", "foreign", "summary"):
        assert planned[part] == without[part]
