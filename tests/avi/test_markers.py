"""What markers say, in whatever shape they stand in a body (AKO-MARKERS)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.avi.markers import OUR_MARKERS, Marker, Markers, Pause, RefusedDigest
from sync.kinds import AKO_MARKERS, KINDS
from sync.model.desired import Owner, OwnerKind
from tests.shared.builders import markers

KEYS = st.sampled_from([*Marker, "Team", "Host", ""])
TEXTS = st.text(max_size=5)
LABELS = st.lists(
    st.builds(lambda key, values: {"key": str(key), "values": values}, KEYS, st.lists(TEXTS, min_size=1, max_size=3)),
    unique_by=lambda marker: str(marker["key"]),
)


def of(**values: str) -> Markers:
    """Markers with one value each."""
    return Markers.of({"markers": markers(**values)})


@given(LABELS)
def test_markers_that_are_read_and_written_are_what_they_were(labels: list[dict[str, Any]]) -> None:
    """Those of others as well, in their order and with all their values."""
    assert Markers.of({"markers": labels}).to_json() == labels


@given(LABELS, LABELS)
def test_the_labels_of_others_survive_what_we_write(ours: list[dict[str, Any]], live: list[dict[str, Any]]) -> None:
    """And nothing of ours that was live before does."""
    desired = Markers.of({"markers": ours}).ours

    found = desired.with_labels_of(Markers.of({"markers": live}))

    assert (found.ours, found.labels) == (desired, Markers.of({"markers": live}).labels)


def test_markers_are_read_in_whatever_shape() -> None:
    """Values joined by commas; missing parts are empty, and stay away when they are written."""
    body = {
        "markers": [{"key": "a", "values": ["x", "y"]}, {"key": "b"}, {"values": ["z"]}, {"key": "c", "values": None}]
    }

    assert Markers.of(body).texts == {"a": "x,y", "b": "", "": "z", "c": ""}
    assert Markers.of(body).to_json()[1] == {"key": "b"}
    assert Markers.of({}) == Markers.of({"markers": None}) == Markers()


def test_what_has_no_markers_says_nothing() -> None:
    """Every question has an answer."""
    none = Markers()

    assert (none.digest, none.fields, none.requested_address) == ("", (), "none")
    assert (none.our_cluster, none.service, none.pause, none.refused) == (None, None, None, None)
    assert not any((none.is_protected, none.is_of_layer_7, none.is_to_be_enabled, none.compared))


def test_markers_that_are_compared_are_ours_without_digest_and_fields() -> None:
    """Those of others are labels."""
    found = of(clustername="c", Team="t", Digest="d", Fields="f", Protected="true")

    assert found.compared == {"clustername": "c", "Protected": "true"}


def test_what_ako_marks_is_among_what_we_mark() -> None:
    """On every kind: adoption compares them."""
    assert AKO_MARKERS.union(*(kind.ako_markers for kind in KINDS.values())) <= OUR_MARKERS


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"GatewayName": "web"}, OwnerKind.GATEWAY, id="Gateway"),
        pytest.param({"GatewayName": "web", "ServiceName": "front"}, OwnerKind.GATEWAY, id="pool of a Gateway"),
        pytest.param({"GatewayName": "web", "OwnerKind": "SharedVip"}, OwnerKind.SHARED_VIP, id="shared VIP"),
        pytest.param({"ServiceName": "web"}, OwnerKind.SERVICE, id="Service"),
    ],
)
def test_markers_name_an_owner(values: dict[str, str], expected: OwnerKind) -> None:
    """With its namespace; without one they name none."""
    assert Owner.of(of(Namespace="shop", **values)) == Owner(kind=expected, namespace="shop", name="web")
    assert Owner.of(of(**values)) is None
    assert Owner.of(of(Namespace="shop")) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"ManagedBy": "avi-sync", "clustername": "north"}, "north", id="ours"),
        pytest.param({"ManagedBy": "avi-sync"}, "", id="ours, of no cluster"),
        pytest.param({"ManagedBy": "terraform", "clustername": "north"}, None, id="another tool's"),
        pytest.param({"clustername": "north"}, None, id="AKO's"),
    ],
)
def test_the_cluster_that_we_made_it_for_needs_both_marks(values: dict[str, str], expected: str | None) -> None:
    """AKO writes clustername, too."""
    assert of(**values).our_cluster == expected


def test_a_service_is_in_the_namespace_of_its_gateway_unless_another_is_named() -> None:
    """`Namespace` is the Gateway's."""
    assert of(Namespace="a", ServiceName="s").service == ("a", "s")
    assert of(Namespace="a", ServiceName="s", ServiceNamespace="b").service == ("b", "s")


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        pytest.param({"key": "clustername", "values": ["north"]}, None, id="others"),
        pytest.param({"key": "PausedUntil", "values": ["2026-03-02"]}, ("2026-03-02", ""), id="without a reason"),
        pytest.param({"key": "PausedUntil", "values": ["2026-03-02", "a move"]}, ("2026-03-02", "a move"), id="why"),
        pytest.param({"key": "PausedUntil"}, ("", ""), id="no values"),
    ],
)
def test_a_pause_is_read_as_it_is_written(marker: dict[str, Any], expected: tuple[str, str] | None) -> None:
    """Until when, and why."""
    assert Markers.of({"markers": [marker]}).pause == expected


def test_pausing_and_resuming_are_inverse() -> None:
    """One pause takes the place of another."""
    before = of(clustername="north", Team="edge")
    paused = before.with_pause(Pause("2026-03-02", "a move"))

    assert paused.with_pause(Pause("2026-03-05", "")).pause == Pause("2026-03-05", "")
    assert paused.with_pause(None) == before


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["d", "no such subnet"], RefusedDigest("d", "no such subnet", ()), id="one owner"),
        pytest.param(["d", "no", "a", "b"], RefusedDigest("d", "no", ("a", "b")), id="two owners"),
        pytest.param(["d"], None, id="no words"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_refusal_needs_a_digest_and_words(values: list[str] | None, expected: RefusedDigest | None) -> None:
    """Else nobody can tell what was refused."""
    found = Markers.of({"markers": [{"key": "RefusedDigest", "values": values}]})

    assert found.refused == expected
    assert expected is None or Markers().with_refused(expected).refused == expected
