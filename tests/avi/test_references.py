"""References in all the forms in which the API takes and gives them (AVI-REFERENCE-FORMS)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.references import (
    Reference,
    by_name,
    by_uuid,
    has_uuids,
    names_in,
    parse_reference,
    quoted_name,
    short_reference,
    with_names,
)

NAME = Reference("network", "vips")
UUID = Reference("network", "", "network-1")
BOTH = Reference("network", "vips", "network-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("/api/network?name=vips", NAME, id="by name"),
        pytest.param("/api/network/?name=vips", NAME, id="with a slash before the query"),
        pytest.param("/api/network?name=vips&cloud=x", NAME, id="with another parameter"),
        pytest.param("/api/network?cloud=x&name=vips", NAME, id="after another parameter"),
        pytest.param("/api/network/network-1", UUID, id="by uuid"),
        pytest.param("/api/network/network-1/", UUID, id="by uuid, with a slash at the end"),
        pytest.param("/api/network/network-1#vips", BOTH, id="by uuid and name"),
        pytest.param("https://10.0.0.1/api/network/network-1#vips", BOTH, id="with host"),
        pytest.param("http://[::1]:9443/api/network/network-1#vips", BOTH, id="with host and port"),
        pytest.param("https://10.0.0.1//api/network/network-1", UUID, id="with two slashes"),
        pytest.param("/api/tenant/admin", Reference("tenant", "admin", "admin"), id="a tenant by its name"),
        pytest.param("/api/network?name=a%20b%26c", Reference("network", "a b&c"), id="a quoted name"),
        pytest.param("/api/network?name=a=b", Reference("network", "a=b"), id="a name with an equals sign"),
        pytest.param("/api/network/n#a#b", Reference("network", "a#b", "n"), id="a name with a hash"),
        pytest.param("/api/network/n#a?b/c", Reference("network", "a?b/c", "n"), id="a name with marks of a URL"),
        pytest.param("/api/network?cloud=x", Reference("network", ""), id="without name"),
        pytest.param("vips", None, id="a bare name"),
        pytest.param("", None, id="nothing"),
        pytest.param("/api/", None, id="no type"),
        pytest.param("/apis/network/n", None, id="another path"),
        pytest.param("see /api/network/n", None, id="a text with a reference in it"),
    ],
)
def test_a_reference_is_read_in_every_form(text: str, expected: Reference | None) -> None:
    """Type, name and uuid as far as they are known; None for a text that is none."""
    assert expected == parse_reference(text)


@pytest.mark.parametrize(
    ("one", "live", "expected"),
    [
        pytest.param(NAME, BOTH, True, id="by its name"),
        pytest.param(UUID, BOTH, True, id="by its uuid"),
        pytest.param(Reference("network", "renamed", "network-1"), BOTH, True, id="by its uuid, under an old name"),
        pytest.param(Reference("network", "vips", "network-2"), BOTH, False, id="another one of that name"),
        pytest.param(Reference("network", "other"), BOTH, False, id="another name"),
        pytest.param(Reference("network", "network-1"), BOTH, False, id="a name that is the uuid of another"),
        pytest.param(Reference("pool", "vips"), BOTH, False, id="another type"),
    ],
)
def test_a_reference_is_to_a_live_object_by_uuid_where_it_has_one_else_by_name(
    one: Reference, live: Reference, expected: bool
) -> None:
    """A live reference shows both."""
    assert one.is_to(live) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://h/api/network/network-1#vips", NAME, id="name and uuid"),
        pytest.param("/api/network?name=vips", NAME, id="name"),
        pytest.param("/api/network/network-1", UUID, id="uuid"),
        pytest.param("vips", None, id="no reference"),
    ],
)
def test_a_short_reference_tells_one_thing(text: str, expected: Reference | None) -> None:
    """The name where it is known."""
    assert expected == short_reference(text)


def test_a_body_tells_the_names_of_uuids() -> None:
    """At any depth; not the name that two objects have in common, and nothing of what shows no name."""
    body = {
        "vrf_ref": "https://h/api/vrfcontext/v-1#blue",
        "list": [{"network_ref": f"https://h/api/network/{uuid}#{name}"} for uuid, name in TWINS],
        "pool_ref": "/api/pool/pool-1",
        "text": "a # b",
    }

    assert names_in(body) == {
        Reference("vrfcontext", "", "v-1"): Reference("vrfcontext", "blue"),
        Reference("network", "", "n-3"): Reference("network", "single"),
    }


TWINS = [("n-1", "twin"), ("n-2", "twin"), ("n-3", "single"), ("n-3", "single")]


def test_references_are_written_as_their_names_and_else_as_their_uuids() -> None:
    """In texts and in normal forms; what shows no uuid stays as it is."""
    value = {"full": "https://h/api/network/network-1#vips", "other": ["/api/pool/pool-1#a", UUID], "name": NAME}

    named = with_names({**value, "text": "see /api/"}, {UUID: NAME})

    assert named == {"full": NAME, "other": [Reference("pool", "", "pool-1"), NAME], "name": NAME, "text": "see /api/"}
    assert by_uuid("https://h/api/network/network-1#vips") == UUID


@pytest.mark.parametrize(
    ("normal", "expected"),
    [
        pytest.param({"a": [{"b": UUID}]}, True, id="deep inside"),
        pytest.param({"a": [{"b": NAME}], "c": "network-1"}, False, id="names only"),
    ],
)
def test_a_normal_form_tells_whether_names_are_missing(normal: dict[str, Any], expected: bool) -> None:
    """A uuid alone says nothing about what a name means."""
    assert has_uuids(normal) is expected


@given(st.text(min_size=1, max_size=20).filter(lambda name: "\n" not in name))
@settings(max_examples=200, deadline=None)
def test_a_quoted_name_is_read_back(name: str) -> None:
    """Whatever stands in it."""
    found = parse_reference(f"/api/pool?name={quoted_name(name)}")

    assert found is not None
    assert (found.type, found.name) == ("pool", name)


def test_a_body_goes_by_names_where_they_are_known() -> None:
    """For the given types only; all else stays as it is."""
    body = {
        "pool_ref": "https://h/api/pool/pool-1#a&b",
        "list": ["/api/pool/pool-2#x", "/api/pool/pool-3", "/api/network/n#y"],
        "text": "a # b",
        "number": 1,
    }

    assert by_name(body, frozenset({"pool"})) == {
        "pool_ref": "/api/pool?name=a%26b",
        "list": ["/api/pool?name=x", "/api/pool/pool-3", "/api/network/n#y"],
        "text": "a # b",
        "number": 1,
    }
