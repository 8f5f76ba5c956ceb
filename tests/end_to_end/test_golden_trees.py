"""What the golden folders render, a Controller takes, and then has nothing left to ask for."""

from pathlib import Path

import pytest
import yaml

from tests.shared.emulated_controller import SyncOf
from tests.shared.golden import GOLDEN, emulator_of, repository_of
from tests.shared.tree import endpoints, load_balancer

FOLDERS = (
    "100-named-target-port-in-two-slices",
    "102-tcp-and-udp-on-one-port",
    "103-tcp-and-udp-on-one-node-port",
    "104-node-port-local",
    "106-infra-setting-of-namespace-service",
    "107-shared-vip",
    "108-shared-vip-member-order",
    "109-shared-vip-l4-rule",
    "111-l4-rule-every-field",
    "113-l4-rule-defaults",
    "115-default-domain-flat-names",
    "117-license-basic",
    "119-dual-stack-services",
    "127-backends-ignore",
    "130-evh-every-owner",
    "131-tenants",
    "132-rhi",
    "133-aws-public-addresses",
    "134-openstack-tenant-vrf",
    "135-nsxt-router-of-class",
    "137-azure-subnet",
    "138-no-cloud-odd-vrf",
)


@pytest.mark.parametrize("case", FOLDERS)
def test_a_golden_tree_converges_and_stays(case: str, tmp_path: Path, sync_of: SyncOf) -> None:
    """The first run creates every object of `objects.yaml`, the second one finds nothing to do and writes nothing.

    Nothing that the Controller completes is taken for an edit.
    """
    expected = yaml.load((GOLDEN / case / "objects.yaml").read_text(), yaml.CSafeLoader)["objects"]
    with emulator_of(case, tmp_path / "requests.jsonl") as controller:
        sync = sync_of(repository_of(case, tmp_path / "repo"), controller)

        first = sync()
        controller.forget()
        second = sync()
        drift = sync("drift", "--detailed-exitcode")

        assert (first.code, first.document["summary"]["create"]) == (0, len(expected))
        assert (second.code, second.document["changes"]) == (0, [])
        assert second.document["summary"]["unchanged"] == len(expected)
        assert controller.writes() == []
        assert (drift.code, drift.document["edits"]) == (0, [])


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(("api",), id="one of them"),
        pytest.param(("api", "zone-udp"), id="all of them"),
    ],
)
def test_a_shared_vip_survives_members_that_cannot_be_used(
    members: tuple[str, ...], tmp_path: Path, sync_of: SyncOf
) -> None:
    """A typo in the manifest of a member holds the shared VIP, which is left unchanged."""
    with emulator_of("107-shared-vip", tmp_path / "requests.jsonl") as controller:
        tree = repository_of("107-shared-vip", tmp_path / "repo")
        tree.commit(healthy=[load_balancer(), endpoints("direct", ports=(25,))])
        sync = sync_of(tree, controller)
        sync()
        documents = list(yaml.safe_load_all((tree.folder / "dns.yaml").read_text()))
        for document in documents:
            if document["kind"] == "Service" and document["metadata"]["name"] in members:
                document["spec"]["ports"][0]["port"] = 70443
        tree.commit(dns=documents)
        controller.forget()

        result = sync()

    assert (result.code, controller.writes()) == (5, [])
