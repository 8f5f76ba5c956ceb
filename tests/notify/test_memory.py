"""What one run leaves to the next."""

from pathlib import Path

import pytest

from sync.model.ending import Memory, SyncState, Traffic
from sync.notify.memory import memory_file, recall, remember

MEMORY = Memory(
    sync_state=SyncState.DRIFT,
    last_success=1000.5,
    last_cluster_read=900.25,
    traffic=Traffic(requests={("GET", "200"): 7, ("POST", "RemoteProtocolError"): 1}, repetitions={"no answer": 1}),
)


def test_what_is_remembered_is_recalled(tmp_path: Path) -> None:
    """Nothing is lost, and nothing else is left in the folder."""
    file = memory_file(tmp_path, ("https://avi.example.com", "repo"))

    remember(file, "north", MEMORY)

    assert recall(file) == MEMORY
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no file"),
        pytest.param("", id="empty"),
        pytest.param("{", id="cut"),
        pytest.param('{"condition": "strange", "requests": {}, "repetitions": {}}', id="another version's word"),
    ],
)
def test_a_memory_that_cannot_be_used_is_none(tmp_path: Path, content: str | None) -> None:
    """Losing it loses nothing but the past."""
    file = tmp_path / "memory.json"
    if content is not None:
        file.write_text(content)

    assert recall(file) == Memory()


def test_each_target_has_a_memory_of_its_own(tmp_path: Path) -> None:
    """Another Controller, or another path, is another file."""
    files = {memory_file(tmp_path, identity) for identity in (("a", "b"), ("a", "c"), ("d", "b"), ("a\nb", ""))}

    assert len(files) == 4
