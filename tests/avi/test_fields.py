"""Which fields a body may have."""

import pytest

from sync.avi.fields import wrong_fields, wrong_path
from sync.avi.schema import SCHEMA
from sync.kinds import COMPUTED, KINDS, UNORDERED


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_fields_of_our_own_table_are_in_the_schema(kind: str) -> None:
    """So that a rule or a template that names one is never refused for its name."""
    row = KINDS[kind]

    assert (row.managed | row.by_rule | row.replace.keys() | row.disruptive) <= SCHEMA[kind].keys()


def test_the_fields_of_messages_in_our_tables_are_in_the_schema() -> None:
    """A typo would leave a field compared that should not be, or the other way round."""
    named = {(message, name) for message, names in COMPUTED.items() for name in names}

    assert [(m, name) for m, name in sorted(named | UNORDERED.keys()) if name not in SCHEMA[m]] == []


def test_every_wrong_field_is_found() -> None:
    """In the order of the body, each with its path."""
    body = {"nme": 1, "services": [{"port": 1, "prt": 2}], "uuid": "x", "enabled": True}

    assert [wrong.path for wrong in wrong_fields(body, "VirtualService")] == ["nme", "uuid", "services[].prt"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("servers", id="a list as a whole"),
        pytest.param("enabled", id="a value"),
        pytest.param("fail_action.redirect.host", id="a value deep inside"),
    ],
)
def test_a_path_may_lead_to_any_single_field(path: str) -> None:
    """A list is one, too."""
    assert wrong_path("Pool", path) is None
