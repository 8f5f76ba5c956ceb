"""What facts must tell about."""

from sync.model.resources.ako import NodeNetwork, VipNetwork
from sync.translate.references import references_of
from tests.shared.builders import (
    make_infra_setting,
    make_load_balancer,
    make_namespace,
    make_service,
    make_settings,
    make_tree_of,
)


def test_settings_refer_to_a_group_and_to_networks() -> None:
    """A network goes by its uuid where both are given."""
    settings = make_settings(
        ControllerSettings={"serviceEngineGroupName": "edge"},
        NetworkSettings={
            "vipNetworkList": [{"networkName": "vips"}],
            "nodeNetworkList": [{"networkName": "nodes", "networkUUID": "network-1"}],
        },
    )

    assert references_of(make_tree_of(), settings) == {
        "network": {"vips", "network-1"},
        "serviceenginegroup": {"edge"},
        "tenant": {"admin"},
    }


def test_an_infra_setting_refers_to_a_group_and_to_networks_of_its_own() -> None:
    """Beside those of the settings."""
    setting = make_infra_setting(
        se_group="special",
        vip_networks=[VipNetwork(network_name="blue")],
        node_networks=[NodeNetwork(network_name="green")],
    )

    assert references_of(make_tree_of(setting), make_settings()) == {
        "network": {"vips", "blue", "green"},
        "serviceenginegroup": {"Default-Group", "special"},
        "tenant": {"admin"},
    }


def test_an_infra_setting_without_a_group_refers_to_none() -> None:
    """Nothing is looked for under an empty name."""
    found = references_of(make_tree_of(make_infra_setting()), make_settings())

    assert found["serviceenginegroup"] == {"Default-Group"}


def test_everybody_refers_to_a_tenant_and_some_to_a_vrf() -> None:
    """By the settings, and by the annotation of a Namespace."""
    namespace = make_namespace(annotations={"ako.vmware.com/tenant-name": "retail"})
    settings = make_settings(ControllerSettings={"tenantName": "web", "vrfName": "blue"})

    found = references_of(make_tree_of(namespace), settings)

    assert found["tenant"] | found["vrfcontext"] == {"web", "retail", "blue"}


def test_load_balancers_refer_to_application_profiles() -> None:
    """The one that an annotation names, else the one for layer 4; a ClusterIP Service refers to none."""
    named = make_load_balancer("a", annotations={"ako.vmware.com/application-profile": "own"})

    found = references_of(make_tree_of(named, make_load_balancer("b"), make_service("c")), make_settings())

    assert found["applicationprofile"] == {"own", "System-L4-Application"}
