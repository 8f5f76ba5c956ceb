"""Where AviInfraSettings and L4Rules reach, and where they do not."""

from dataclasses import replace

from sync.model.desired import PoolContent, VirtualServiceContent, VsVipContent
from sync.model.resources.ako import InfraL7, InfraListener, VipNetwork
from tests.shared.builders import (
    L4_RULE,
    content_of,
    make_facts,
    make_gateway,
    make_infra_setting,
    make_load_balancer,
    make_namespace,
    make_service,
    make_slice,
    translated,
)

INFRA_SETTING = "aviinfrasetting.ako.vmware.com/name"
SHARED_VIP = "ako.vmware.com/enable-shared-vip"


def test_a_setting_by_namespace_reaches_all_of_a_shared_vip() -> None:
    """In AKO it reaches the pools alone, behind another router than the VIP (AKO-INFRA-OF-SHARED-VIP)."""
    setting = make_infra_setting(t1lr="/infra/tier-1s/t2", se_group="edge", vip_networks=[VipNetwork(network_name="v")])
    member = make_load_balancer("a", annotations={SHARED_VIP: "both"})
    namespace = make_namespace(annotations={INFRA_SETTING: "edge"})

    found = translated(member, namespace, setting, make_slice("a"), facts=make_facts(vtype="CLOUD_NSXT"))

    vsvip: VsVipContent = content_of(found, "VsVip")
    pool: PoolContent = content_of(found, "Pool")
    service: VirtualServiceContent = content_of(found, "VirtualService")
    assert (vsvip.tier1_lr, pool.tier1_lr) == ("/infra/tier-1s/t2", "/infra/tier-1s/t2")
    assert (vsvip.vips[0].network_ref, service.se_group, service.vrf) == ("v", "edge", None)


def test_layer_7_fields_change_nothing() -> None:
    """Listeners and shard size mean something to Ingresses only (AKO-INFRA-EFFECT)."""
    plain = make_infra_setting(se_group="edge")
    network = replace(plain.spec.network, listeners=(InfraListener(port=8443, enable_ssl=True),))
    with_l7 = replace(plain, spec=replace(plain.spec, network=network, l7_settings=InfraL7(shard_size="SMALL")))
    service = make_load_balancer(annotations={INFRA_SETTING: "edge"})

    one = translated(service, plain, make_slice())
    other = translated(service, with_l7, make_slice())

    assert one.specs == other.specs
    assert one.problems == other.problems


def test_an_l4rule_annotation_on_a_gateways_service_changes_nothing() -> None:
    """Rules are for LoadBalancer Services; even a missing one is not looked for (AKO-L4RULE-ATTACHED)."""
    plain = translated(make_gateway(), make_service(), make_slice())

    found = translated(make_gateway(), make_service(annotations={L4_RULE: "nowhere"}), make_slice())

    assert found.specs == plain.specs
    assert found.problems == plain.problems
