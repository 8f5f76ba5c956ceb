"""A VRF or tenant that is not there holds everybody who would be created in it."""

import pytest

from sync.model.facts import Facts, assumed_facts
from tests.shared.builders import (
    errors_of,
    make_facts,
    make_gateway,
    make_load_balancer,
    make_namespace,
    make_settings,
    translated,
)

TENANT = "ako.vmware.com/tenant-name"


def test_a_tenant_of_a_namespace_holds_the_owners_in_it() -> None:
    """The error is at the annotation; owners in other namespaces go on."""
    retail = make_namespace(annotations={TENANT: "retail"})
    owners = (make_gateway(), make_load_balancer("mail"), make_gateway("calm", "attic"))

    found = translated(retail, *owners, facts=make_facts(missing=["tenant/retail"]))

    assert [held.owner.name for held in found.held] == ["web", "mail"]
    assert {problem.file for problem in found.problems} >= {retail.origin.file}
    assert 'the Controller has no tenant "retail", or the account may not use it, so Gateway shop/web is held' in (
        errors_of(found)
    )


def test_a_tenant_that_is_there_holds_nobody() -> None:
    """The objects are in it."""
    found = translated(make_namespace(annotations={TENANT: "retail"}), make_gateway(), facts=make_facts())

    assert {spec.key.tenant for spec in found.specs} == {"retail"}


@pytest.mark.parametrize(
    ("vtype", "service_type", "router", "is_held"),
    [
        pytest.param("CLOUD_VCENTER", "ClusterIP", "", True, id="vCenter"),
        pytest.param("CLOUD_NSXT", "NodePort", "", True, id="node ports"),
        pytest.param("CLOUD_NSXT", "ClusterIP", "", False, id="where it has no effect"),
        pytest.param("CLOUD_NSXT", "NodePort", "/infra/tier-1s/t1", False, id="a T1 router takes its place"),
        pytest.param("CLOUD_AWS", "NodePort", "", False, id="a public cloud"),
    ],
)
def test_a_vrf_of_the_settings_holds_all_where_it_counts(
    vtype: str, service_type: str, router: str, is_held: bool
) -> None:
    """Every object would refer to it."""
    settings = make_settings(
        ControllerSettings={"vrfName": "blue"},
        L7Settings={"serviceType": service_type},
        NetworkSettings={"nsxtT1LR": router, "vipNetworkList": [{"networkName": "vips"}]},
    )
    facts = make_facts(vtype=vtype, missing=["vrfcontext/blue"])

    found = translated(make_gateway(), settings=settings, facts=facts)

    assert found.holds_everything == is_held
    assert errors_of(found) == (['cloud Default-Cloud has no VRF "blue"'] if is_held else [])


@pytest.mark.parametrize(
    ("facts", "is_held"),
    [
        pytest.param(make_facts(missing=["tenant/retail"]), True, id="not there"),
        pytest.param(assumed_facts("Default-Cloud"), False, id="nobody has looked"),
    ],
)
def test_the_tenant_of_the_settings_holds_all(facts: Facts, is_held: bool) -> None:
    """The lock is kept in it, too."""
    settings = make_settings(ControllerSettings={"tenantName": "retail"})

    assert translated(make_gateway(), settings=settings, facts=facts).holds_everything == is_held
