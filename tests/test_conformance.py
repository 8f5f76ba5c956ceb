"""The recorded runs of AKO itself, where they are at hand."""

import contextlib
import io
import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.cli import main

CHECK = Path(__file__).parent.parent.parent / "shared" / "conformance" / "check.py"
CLIENT = Path(__file__).parent / "render_client.py"

DIFFERENT = {
    # The state after AKO's PUT, which drops the subnet of a network that was renamed; the same tree, read by an AKO
    # that starts with it, gives the subnet (as in the recording 78-infra-vip-network-cidr), and so do we.
    "205-gateway-vip-network-changed-cidr.step2",
}


class _CommandLine(socketserver.StreamRequestHandler):
    """One call of the command line, in this process."""

    def handle(self) -> None:
        out, err, code = io.StringIO(), io.StringIO(), 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(json.loads(self.rfile.readline()))
            except SystemExit as stop:
                code = int(stop.code or 0)
        self.wfile.write(json.dumps({"out": out.getvalue(), "err": err.getvalue(), "code": code}).encode())


@pytest.fixture
def command(tmp_path: Path) -> Iterator[str]:
    """A command that does what `avi-sync` does, without starting it again each time."""
    address = str(tmp_path / "socket")
    with socketserver.UnixStreamServer(address, _CommandLine) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"{sys.executable} -S {CLIENT} {address}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(not CHECK.exists(), reason="the recorded runs of AKO are not beside this checkout")
def test_the_same_manifests_give_the_same_objects_as_ako(command: str) -> None:
    """Every recorded case agrees with what `render` prints."""
    cases = sorted(path.name for path in (CHECK.parent / "ako").iterdir() if path.name not in DIFFERENT)

    done = subprocess.run(
        [sys.executable, str(CHECK), "--sync", command, *cases], capture_output=True, text=True, check=False
    )

    assert done.stdout.endswith(f"{len(cases)} passed, 0 failed\n"), done.stdout
