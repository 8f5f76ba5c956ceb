"""A tree among the files of other programs: charts, playbooks, patches, other tags, templates, empty files."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from sync.model.problem import Problem, Severity
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Node, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.tree import Resources
from sync.source.manifests import parse_manifests
from sync.source.places import with_lines
from tests.shared.builders import make_snapshot
from tests.shared.unrelated import PROJECTS, UnrelatedTree, unrelated_tree

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "repo"


@cache
def others() -> UnrelatedTree:
    """A few files of each program."""
    return unrelated_tree(300, with_bundles=False)


def read(others: dict[str, bytes]) -> tuple[Resources, tuple[Problem, ...]]:
    """The example repository with other files around it."""
    files = {str(path.relative_to(EXAMPLE)): path.read_bytes() for path in EXAMPLE.rglob("*.yaml")}
    snapshot = make_snapshot(files | others)
    resources, problems = parse_manifests(snapshot, exclude=(), max_aliases=1000)
    return resources, with_lines(problems, snapshot)


@cache
def with_others() -> tuple[Resources, tuple[Problem, ...]]:
    return read(dict(others().files))


def test_files_of_other_programs_change_nothing_that_is_served() -> None:
    """The tree is complete, and holds what it would hold without them."""
    alone, _ = read({})
    resources, _ = with_others()

    own = {item.key for item in alone.of(Service)}
    services = tuple(item for item in resources.of(Service) if item.key in own)
    assert resources.is_complete
    assert services == alone.of(Service)
    assert all(item.spec.type != "LoadBalancer" for item in resources.of(Service) if item.key not in own)
    for kind in (GatewayClass, Gateway, EndpointSlice, Endpoints, Node, AviInfraSetting, L4Rule):
        assert resources.of(kind) == alone.of(kind)


def test_files_of_other_programs_are_no_error() -> None:
    """A file that has nothing to do with us is no reason to stop."""
    assert [problem for problem in with_others()[1] if problem.severity is Severity.ERROR] == []


def test_a_file_of_another_program_has_one_warning_at_most() -> None:
    """Whatever is in it."""
    counted = Counter(problem.file for problem in with_others()[1])

    assert [file for file, count in counted.items() if count > 1] == []


def test_sound_manifests_and_empty_files_have_no_warning() -> None:
    """What plainly is meant as it stands needs no word."""
    assert [problem for problem in with_others()[1] if problem.file in others().quiet] == []


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_the_sample_holds_files_of_every_program(name: str) -> None:
    """A program that is left out would prove nothing."""
    assert any(path.startswith(f"other/{name}-") for path in others().files)


def test_the_same_seed_makes_the_same_files() -> None:
    """What is found can be found again."""
    assert unrelated_tree(50, with_bundles=False) == unrelated_tree(50, with_bundles=False)
