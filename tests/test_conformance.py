"""The recorded runs of AKO itself, where they are at hand."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parent.parent.parent / "shared" / "conformance" / "check.py"

DIFFERENT = {
    # The state after AKO's PUT, which drops the subnet of a network that was renamed; the same tree, read by an AKO
    # that starts with it, gives the subnet (as in the recording 78-infra-vip-network-cidr), and so do we.
    "205-gateway-vip-network-changed-cidr.step2",
}


@pytest.mark.timeout(300)
@pytest.mark.skipif(not CHECK.exists(), reason="the recorded runs of AKO are not beside this checkout")
def test_the_same_manifests_give_the_same_objects_as_ako() -> None:
    """Every recorded case agrees with what `render` prints."""
    cases = sorted(path.name for path in (CHECK.parent / "ako").iterdir() if path.name not in DIFFERENT)

    done = subprocess.run(
        [sys.executable, str(CHECK), "--sync", f"{sys.executable} -m sync", *cases],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{len(cases)} passed, 0 failed\n" == done.stdout[-len(f"{len(cases)} passed, 0 failed\n") :], done.stdout
