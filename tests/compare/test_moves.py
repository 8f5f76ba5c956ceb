"""What the cluster moved of a pool's servers, told apart from what somebody edited by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.avi.markers import Marker, Markers
from sync.compare.differences import Difference
from sync.compare.moves import before_moves, fingerprints, moves_of, new_servers, without_servers
from sync.compare.normal_form import normal_form
from sync.model.plan import ServerMove

Server = dict[str, Any]


def server(number: int, **fields: Any) -> Server:
    """The server 10.0.0.`number`, port 80."""
    return {"ip": {"addr": f"10.0.0.{number}", "type": "V4"}, "port": 80, **fields}


def normal(*servers: Server) -> dict[str, Any]:
    """The normal form of a pool with these servers."""
    return normal_form({"servers": [*servers]}, "Pool", ["servers"])


def live(*servers: Server, written: tuple[Server, ...] | None = None) -> dict[str, Any]:
    """A live pool, of which `written` were written last; None for one that did not follow the cluster."""
    marks = Markers()
    if written is not None:
        marks = marks.with_values(Marker.SERVERS, *fingerprints(normal(*written).get("servers", ())))
    return {"name": "web", "servers": [*servers], "markers": marks.to_json()}


SERVERS = st.lists(
    st.builds(server, st.integers(1, 9), enabled=st.booleans()), unique_by=lambda item: item["ip"]["addr"], max_size=9
)


@given(written=SERVERS, wanted=SERVERS)
def test_what_nobody_edited_the_cluster_has_moved(written: list[Server], wanted: list[Server]) -> None:
    """From any servers to any others: no edit is found, and a move where they differ."""
    found = moves_of(normal(*wanted), live(*written, written=tuple(written)), "Pool")

    assert found.edits == ()
    assert (found.moved is None) is (normal(*wanted) == normal(*written))


@given(written=SERVERS, wanted=SERVERS, edited=SERVERS)
def test_with_all_edits_kept_the_next_look_finds_the_same_edits_and_no_move(
    written: list[Server], wanted: list[Server], edited: list[Server]
) -> None:
    """What `--servers-only` writes: afterwards everything that differs from the cluster is an edit."""
    before = live(*edited, written=tuple(written))
    after = {"servers": wanted, "markers": live(written=tuple(wanted))["markers"]}

    kept = {**before_moves(before, after, "Pool"), "markers": after["markers"]}

    assert moves_of(normal(*wanted), kept, "Pool").moved is None


def test_a_pool_that_did_not_follow_has_no_edits() -> None:
    """Nobody can tell whose its servers are."""
    found = moves_of(normal(server(1), server(2)), live(server(3)), "Pool")

    assert (found.edits, found.moved) == ((), ServerMove(before=1, after=2, new=2, disabled=0))


@pytest.mark.parametrize(
    ("present", "path", "before", "after"),
    [
        pytest.param([server(1), server(2), server(9)], "servers[]", server(9), None, id="added"),
        pytest.param([server(1)], "servers[]", None, server(2), id="removed"),
        pytest.param([server(1), server(2, ratio=5)], "servers[10.0.0.2:80].ratio", 5, 1, id="edited"),
    ],
)
def test_an_edit_is_told_beside_a_move(present: list[Server], path: str, before: Any, after: Any) -> None:
    """The cluster takes server 1 and brings server 3 meanwhile."""
    written = (server(1), server(2))

    found = moves_of(normal(server(2), server(3)), live(*present, written=written), "Pool")

    assert found.edits == (Difference(path=path, before=before, after=after),)
    assert found.moved is not None


def test_an_edit_that_the_cluster_takes_away_as_well_is_nothing_to_tell() -> None:
    """Somebody has removed a server that is gone in the cluster, too."""
    found = moves_of(normal(server(2)), live(server(2), written=(server(1), server(2))), "Pool")

    assert (found.edits, found.moved) == ((), None)


def test_what_the_controller_completes_is_no_edit() -> None:
    """It resolves names, and finds networks."""
    completed = server(1, hostname="10.0.0.1", nw_ref="https://c/api/network/network-1#n", enabled=True)

    found = moves_of(normal(server(2)), live(completed, written=(server(1),)), "Pool")

    assert (found.edits, found.moved) == ((), ServerMove(before=1, after=1, new=1, disabled=0))


def test_a_new_pool_has_only_new_servers() -> None:
    """With the number of those that are disabled; and in one line."""
    found = new_servers(normal(server(1), server(2, enabled=False)))

    assert found == ServerMove(before=0, after=2, new=2, disabled=1)
    assert str(found) == "0 servers → 2 servers (2 new, 1 disabled), follows the cluster"
    assert str(ServerMove(before=2, after=1, new=0, disabled=0)).startswith("2 servers → 1 server (")


def test_only_a_pool_that_follows_is_compared_without_servers() -> None:
    """The fingerprints go with them."""
    plain, followed = live(server(1)), live(server(1), written=(server(1),))

    assert without_servers(plain) is plain
    assert without_servers(followed) == {"name": "web", "markers": []}
