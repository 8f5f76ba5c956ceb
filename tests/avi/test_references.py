"""References in all the forms in which the API takes and gives them (avi-api §2.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.references import Reference, by_name, parse_reference, quoted_name

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
    found = parse_reference(text)

    assert (
        (found.type, found.name, found.uuid) == (expected.type, expected.name, expected.uuid)
        if (found and expected)
        else found is expected
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(NAME, NAME, True, id="one name"),
        pytest.param(UUID, UUID, True, id="one uuid"),
        pytest.param(NAME, BOTH, True, id="the name of one that knows both"),
        pytest.param(UUID, BOTH, True, id="the uuid of one that knows both"),
        pytest.param(NAME, UUID, False, id="nothing in common"),
        pytest.param(NAME, Reference("pool", "vips"), False, id="another type"),
        pytest.param(NAME, Reference("network", "other"), False, id="another name"),
        pytest.param(BOTH, Reference("network", "vips", "network-2"), False, id="one name, two objects"),
        pytest.param(BOTH, Reference("network", "renamed", "network-1"), True, id="one object, renamed"),
        pytest.param(Reference("network", ""), Reference("network", ""), False, id="nothing known"),
    ],
)
def test_references_are_equal_if_they_can_only_mean_one_object(one: Reference, other: Reference, same: bool) -> None:
    """By uuid where both know it, else by name; in both directions."""
    assert ((one == other), (other == one)) == (same, same)
    assert one != "network"


@given(st.text(min_size=1, max_size=20).filter(lambda name: "\n" not in name))
@settings(max_examples=200, deadline=None)
def test_a_quoted_name_is_read_back(name: str) -> None:
    """Whatever stands in it."""
    found = parse_reference(f"/api/pool?name={quoted_name(name)}")

    assert found is not None
    assert (found.type, found.name) == ("pool", name)


def test_equal_references_have_one_hash() -> None:
    """Equality is not by all fields."""
    assert len({hash(NAME), hash(UUID), hash(BOTH)}) == 1


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
