"""What the Controller could only refuse is known before anything is deleted, with its place."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from sync.emulator import Emulator
from tests.shared.emulated_controller import SEED, Controller, Result, Run
from tests.shared.tree import VALUES, Manifest, Tree, app, load_balancer, namespace

OLD = "10.10.10.11"
WEB_ALONE = ("--only", "Gateway/shop/web")


def values(network: str = "vip-network", **sections: Any) -> list[Manifest]:
    """values.yaml with a VIP network and further sections."""
    return [{**VALUES, "NetworkSettings": {"vipNetworkList": [{"networkName": network}]}, **sections}]


def errors(result: Result) -> list[str]:
    """File, line and message of each error."""
    return [
        f"{problem['file']}:{problem['line']}: {problem['message']}"
        for problem in result.document["problems"]
        if problem["severity"] == "error"
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(
            {"web": app("web", address="10.10.10.255")},
            "web.yaml:9: address 10.10.10.255 is the broadcast address of 10.10.10.0/24",
            id="broadcast address",
        ),
        pytest.param(
            {"web": app("web", address="10.10.10.0")},
            "web.yaml:9: address 10.10.10.0 is the network address of 10.10.10.0/24",
            id="network address",
        ),
        pytest.param(
            {"values": values("tiny-network"), "web": app("web", address="10.10.30.77")},
            'web.yaml:9: held: address 10.10.30.77 is in no static range of network "tiny-network" '
            "(10.10.30.5-10.10.30.5), and the live VIP would have to be deleted first",
            id="outside of the static ranges",
        ),
        pytest.param(
            {
                "values": values(
                    NetworkSettings={"vipNetworkList": [{"networkName": "other-network", "cidr": "10.10.21.0/24"}]}
                ),
                "web": app("web"),
            },
            'values.yaml:6: held: network "other-network" has no subnet 10.10.21.0/24 (it has 10.10.20.0/24), '
            "and the live VIP would have to be deleted first",
            id="cidr",
        ),
    ],
)
def test_what_can_only_be_refused_costs_nobody_a_vip(
    sync: Run, tree: Tree, controller: Controller, files: dict[str, Any], said: str
) -> None:
    """Dry run and run agree: held, with the line that is to blame, and nothing is written."""
    tree.commit(web=app("web", address=OLD), calm=app("calm"))
    sync()
    tree.commit(**files)
    controller.forget()

    planned, applied = sync("--dry-run", *WEB_ALONE), sync(*WEB_ALONE)

    assert (planned.code, applied.code, controller.writes()) == (5, 5, [])
    assert said in errors(planned)
    assert said in errors(applied)
    assert controller.addresses("test--shop-web") == [OLD]


def test_doctor_and_validate_tell_what_a_new_vip_may_not_get(sync: Run, tree: Tree, controller: Controller) -> None:
    """A network without a static range for VIPs: a warning, for the Controller decides."""
    network = controller.find("network", "vip-network")
    subnet = {"prefix": {"ip_addr": {"addr": "10.10.10.0", "type": "V4"}, "mask": 24}}
    controller.call("PUT", f"/api/network/{network['uuid']}", {**network, "configured_subnets": [subnet]})
    tree.commit(web=app("web"))
    facts = tree.folder.parent / "facts.yaml"

    checked = sync("doctor")
    sync("facts", "--out", str(facts))
    validated = sync("validate", "--facts", str(facts))

    said = 'network "vip-network" has no static range of IPv4 addresses, so it may have none for a VIP'
    assert f"values.yaml:6: {said}" in [row["message"] for row in checked.document["checks"]]
    assert said in [problem["message"] for problem in validated.document["problems"]]
    assert (checked.code, validated.code) == (0, 0)


def test_what_somebody_else_uses_holds_its_owner_before_the_first_delete(
    sync: Run, tree: Tree, controller: Controller
) -> None:
    """A PoolGroup has a pool of ours: neither plan nor run deletes half an owner, and it goes once the user is gone."""
    tree.commit(web=app("web"), mail=[load_balancer("mail")])
    sync()
    pool = "test--shop-mail-TCP-25"
    member = {"pool_ref": f"/api/pool?name={pool}"}
    group = controller.call("POST", "/api/poolgroup", {"name": "theirs", "members": [member]})
    tree.commit(mail=None)
    controller.forget()

    planned, applied = sync("--dry-run"), sync()
    held_writes = controller.writes()
    controller.call("DELETE", f"/api/poolgroup/{group['uuid']}")
    gone = sync()

    said = f"held: PoolGroup admin/theirs refers to Pool admin/{pool}, which would be deleted"
    assert (planned.code, applied.code, held_writes) == (5, 5, [])
    assert [error.partition(": ")[2] for error in errors(planned)] == [said]
    assert (gone.code, controller.call("GET", "/api/virtualservice")["count"]) == (0, 1)


STRICT = {**SEED, "assume_exists": False, "missing": []}


@pytest.mark.parametrize(
    ("seed", "live", "files", "said"),
    [
        pytest.param(
            STRICT,
            {},
            {"values": values(ControllerSettings={"vrfName": "nope"})},
            'values.yaml:5: cloud Default-Cloud has no VRF "nope"',
            id="VRF",
        ),
        pytest.param(
            STRICT,
            {},
            {"ns": [namespace("shop", tenant="nobodys")]},
            'ns.yaml:5: the Controller has no tenant "nobodys", or the account may not use it, so Gateway shop/web is '
            "held",
            id="tenant",
        ),
        pytest.param(
            {**STRICT, "cloud": {"vtype": "CLOUD_AWS"}},
            {"values": values("{uuid of vip-network}")},
            {"values": values("other-network")},
            'values.yaml:6: "other-network" is the name of a network, its uuid is {uuid of other-network}; '
            "a cloud of type CLOUD_AWS takes uuids",
            id="name of a network on AWS",
        ),
        pytest.param(
            {**STRICT, "cloud": {"vtype": "CLOUD_AWS"}},
            {"values": values("{uuid of vip-network}")},
            {"values": values("subnet-0123456789abcdef0")},
            'values.yaml:6: held: the Controller has no network with the uuid "subnet-0123456789abcdef0", '
            "and the live VIP would have to be deleted first",
            id="subnet on AWS",
        ),
    ],
)
def test_what_is_not_there_costs_nobody_a_vip(
    sync: Run, tree: Tree, tmp_path: Path, seed: dict[str, Any], live: Any, files: Any, said: str
) -> None:
    """VRF, tenant, network: looked for in the form in which they are sent."""
    log = tmp_path / "strict.jsonl"
    log.touch()
    with Emulator(port=0, requests_log=log, seed=seed) as emulator:
        controller = Controller(url=emulator.url, log=log)
        filled = _with_uuids(controller)
        tree.commit(**filled({"web": app("web"), "calm": app("calm"), **live}))
        first = sync("--controller", emulator.url)
        tree.commit(**filled(files))
        controller.forget()

        result = sync("--controller", emulator.url)

        assert (first.code, result.code in (3, 5), controller.writes()) == (0, True, [])
        assert filled(said) in errors(result)


def _with_uuids(controller: Controller) -> Callable[[Any], Any]:
    """Puts the uuids of networks in the place of their names."""
    uuids = {item["name"]: item["uuid"] for item in controller.call("GET", "/api/network")["results"]}

    def filled(value: Any) -> Any:
        return json.loads(re.sub(r"\{uuid of ([^}]+)\}", lambda found: uuids[found[1]], json.dumps(value)))

    return filled


def test_what_only_a_template_refers_to_is_known_before_as_well(sync: Run, tree: Tree, controller: Controller) -> None:
    """A new template, and a VIP that must be replaced: held until the object that it names is there."""
    tree.commit(web=app("web", address=OLD), calm=app("calm"))
    sync()
    own = files("sync").joinpath("templates", "virtualservice.json.j2").read_text("utf-8")
    with_policy = own.replace(
        '"pool_ref"', '"network_security_policy_ref": "/api/networksecuritypolicy?name=later", "pool_ref"'
    )
    tree.write({"templates/virtualservice.json.j2": with_policy})
    tree.commit(web=app("web", address="10.10.10.12"))
    controller.faults({"method": "GET", "path": "/api/networksecuritypolicy*", "do": "status", "status": 404})
    controller.forget()

    held = sync(*WEB_ALONE)
    held_writes = controller.writes()
    controller.faults()
    controller.call("POST", "/api/networksecuritypolicy", {"name": "later"})
    done = sync(*WEB_ALONE)

    assert (held.code, held_writes, done.code) == (5, [], 0)
    assert 'would refer to networksecuritypolicy "later", which the Controller does not have' in str(errors(held))
    assert controller.addresses("test--shop-web") == ["10.10.10.12"]
