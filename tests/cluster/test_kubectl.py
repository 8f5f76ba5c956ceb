"""Real kubectl against the small API server: what it does not take from a cluster, our client must not rely on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from sync.cluster.state_file import read_state_file
from sync.model.cluster import ClusterNeeds
from tests.shared import api_server
from tests.shared.api_server import ApiServer, Fault
from tests.shared.clusters import NEEDS, Read, endpoint_slice

Kubectl = Callable[..., "subprocess.CompletedProcess[str]"]

GATEWAY = {
    "apiVersion": "networking.x-k8s.io/v1alpha1",
    "kind": "Gateway",
    "metadata": {"namespace": "shop", "name": "web", "finalizers": ["gateway.ako.vmware.com"]},
}


@pytest.fixture
def kubectl(server: ApiServer, tmp_path: Path) -> Kubectl:
    """Runs kubectl in a home of its own."""
    file = server.kubeconfig(tmp_path)
    program = Path(sys.executable).parent / "kubectl"

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "KUBECONFIG": str(file)}
        command = [str(program), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_a_list_in_pages(server: ApiServer, kubectl: Kubectl) -> None:
    """Joined by kubectl as by us."""
    server.put(*(endpoint_slice(f"10.1.1.{number}", suffix=f"x{number}") for number in range(5)))

    done = kubectl("get", "endpointslices", "-A", "--chunk-size=2", "-o", "json")

    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["items"]) == 6


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_kubectl_prints_stands_in_for_the_cluster(kubectl: Kubectl, read: Read, tmp_path: Path, form: str) -> None:
    """The file tells the same as the API."""
    file = tmp_path / f"state.{form}"
    file.write_text(kubectl("get", "services,endpointslices", "-A", "-o", form).stdout)

    found, live = read_state_file(file, NEEDS), read()

    assert (dict(found.services), found.unread) == (dict(live.services), ())
    assert [each.endpoints for each in found.slices] == [each.endpoints for each in live.slices]


def test_a_kind_that_the_file_lacks_is_unread(kubectl: Kubectl, tmp_path: Path) -> None:
    """It is unknown whether it was requested."""
    file = tmp_path / "state.yaml"
    file.write_text(kubectl("get", "services", "-A", "-o", "yaml").stdout)

    found = read_state_file(file, ClusterNeeds(services=NEEDS.services, nodes=True))

    assert {each.group_kind.kind for each in found.unread} == {"EndpointSlice", "Node"}


def test_a_status_by_merge_and_by_apply(server: ApiServer, kubectl: Kubectl, tmp_path: Path) -> None:
    """Each changes the status only."""
    server.put(GATEWAY)
    patch = json.dumps({"status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.1"}]}})
    applied = tmp_path / "status.yaml"
    applied.write_text(
        yaml.safe_dump({**GATEWAY, "status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.2"}]}})
    )

    merged = kubectl("-n", "shop", "patch", "gateways", "web", "--subresource=status", "--type=merge", "-p", patch)
    after_merge = server.objects["gateways"]["shop", "web"]["status"]["addresses"][0]["value"]
    options = ("--server-side", "--subresource=status", "--validate=false", "-f", str(applied))
    apply = kubectl("apply", *options)

    assert (merged.returncode, after_merge) == (0, "10.0.0.1"), merged.stderr
    assert apply.returncode == 0, apply.stderr
    assert server.objects["gateways"]["shop", "web"]["status"]["addresses"][0]["value"] == "10.0.0.2"


def test_a_right_is_asked_for(server: ApiServer, kubectl: Kubectl) -> None:
    """As `doctor` asks."""
    server.may = lambda user, verb, plural, namespace: plural == "endpointslices"

    assert kubectl("auth", "can-i", "list", "endpointslices.discovery.k8s.io", "-A").stdout == "yes\n"
    assert kubectl("auth", "can-i", "list", "nodes").stdout.endswith("no\n")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (api_server.refused(500), "etcdserver: request timed out"),
        (api_server.expired(), "too old to display a consistent list"),
        (api_server.page_of_a_proxy(503), "unable to handle the request"),
    ],
)
def test_what_goes_wrong_is_an_error_for_kubectl_too(
    server: ApiServer, kubectl: Kubectl, fault: Callable[..., api_server.Answer], words: str
) -> None:
    """In the words that our client meets."""
    server.faults.append(Fault(matches="/endpointslices", act=fault, times=99))

    done = kubectl("get", "endpointslices", "-A")

    assert done.returncode == 1
    assert words in done.stderr
