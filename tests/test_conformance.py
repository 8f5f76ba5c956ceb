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


NOT_YET = {
    # Shared VIPs, L4Rules and NodePortLocal: held with an error that says so, until they are translated.
    *("166-lb-shared-vip", "167-lb-shared-vip-conflict", "168-lb-shared-vip-different-ip"),
    *("169-lb-shared-vip-tcp-udp", "169-lb-shared-vip-tcp-udp.step2", "170-lb-l4rule-health-monitors"),
    *("171-lb-l4rule-vs-properties", "172-lb-l4rule-per-port", "175-lb-l4rule-changed-deleted.step2"),
    *("176-lb-l4rule-other-namespace", "197-lb-l4rule-revoke-vip-route-nsxt", "203-lb-udp-l4rule-crd-defaults"),
    *("204-lb-mixed-l4rule-crd-defaults", "75-nodeportlocal-lb-service"),
}


@pytest.mark.timeout(300)
@pytest.mark.skipif(not CHECK.exists(), reason="the recorded runs of AKO are not beside this checkout")
def test_the_same_manifests_give_the_same_objects_as_ako() -> None:
    """Every recorded case agrees with what `render` prints."""
    cases = sorted(path.name for path in (CHECK.parent / "ako").iterdir() if path.name not in DIFFERENT | NOT_YET)

    done = subprocess.run(
        [sys.executable, str(CHECK), "--sync", f"{sys.executable} -m sync", *cases],
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{len(cases)} passed, 0 failed\n" == done.stdout[-len(f"{len(cases)} passed, 0 failed\n") :], done.stdout
