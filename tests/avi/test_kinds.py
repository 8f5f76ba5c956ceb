"""Laws that every row of `sync/kinds.py` keeps: what reads the rows relies on them."""

from collections.abc import Callable
from typing import get_args

import pytest

from sync.avi.schema import SCHEMA
from sync.kinds import KINDS, RANKS, USERS, Kind, Part
from sync.model.desired import Content

kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


@kinds
def test_what_a_kind_refers_to_is_created_before_it(kind: Kind) -> None:
    """The rows stand in the order of creation (AVI-REFERENCE-GRAPH)."""
    assert all(RANKS[name] < RANKS[kind.name] for name in kind.refers_to)


@kinds
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(lambda kind: kind.managed, id="managed"),
        pytest.param(lambda kind: kind.by_rule, id="by an L4Rule"),
        pytest.param(lambda kind: kind.replace, id="that force a replace"),
        pytest.param(lambda kind: kind.disruptive, id="disruptive"),
        pytest.param(lambda kind: kind.switches, id="switches"),
        pytest.param(lambda kind: kind.completed, id="completed"),
        pytest.param(lambda kind: kind.refers_by, id="with references"),
        pytest.param(lambda kind: kind.uuid_fields, id="with uuids"),
        pytest.param(lambda kind: {path.partition(".")[0] for path in kind.precious}, id="precious"),
    ],
)
def test_the_fields_of_a_row_are_in_the_schema(kind: Kind, fields: Callable[[Kind], set[str]]) -> None:
    """A field that is mistyped would never match."""
    assert set(fields(kind)) <= SCHEMA[kind.name].keys()


@kinds
def test_a_kind_is_used_by_types_that_are_known(kind: Kind) -> None:
    """By path; a kind of ours refers by `refers_by`."""
    assert set(kind.used_by) <= USERS.keys()
    assert not set(kind.used_by) & {other.path for other in KINDS.values()}


def test_there_is_one_kind_of_entrance_and_one_of_addresses() -> None:
    """An owner has one of each, and is found by its entrance."""
    parts = [kind.part for kind in KINDS.values()]

    assert (parts.count(Part.ENTRANCE), parts.count(Part.ADDRESS)) == (1, 1)


def test_every_kind_has_one_content() -> None:
    """Which names it, so that a spec is of the kind that its content is for."""
    assert sorted(content.KIND for content in get_args(Content)) == sorted(KINDS)
