"""Trees of many kinds for typing errors; what they refer to on the Controller is in `KNOWN`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.shared.tree import (
    GATEWAY_CLASS,
    VALUES,
    Manifest,
    endpoints,
    gateway,
    infra_setting,
    load_balancer,
    namespace,
    service,
)

KNOWN = frozenset(
    {
        "applicationprofile/System-L4-Application",
        "analyticsprofile/System-Analytics-Profile",
        "networkprofile/System-TCP-Proxy",
        "networkprofile/System-TCP-Fast-Path",
        "applicationprofile/Own-L4",
        "healthmonitor/Own-Monitor",
        "network/vip-network",
        "network/blue-network",
        "serviceenginegroup/Default-Group",
        "serviceenginegroup/blue-group",
        "tenant/admin",
        "tenant/mail-tenant",
        "cloud/Default-Cloud",
    }
)


def _values(**sections: Any) -> Manifest:
    return {**VALUES, **sections}


def _changed(manifest: Manifest, **parts: Mapping[str, Any]) -> Manifest:
    """A manifest with more in its metadata or spec."""
    return {**manifest, **{part: {**manifest[part], **more} for part, more in parts.items()}}


def _labelled(manifest: Manifest, **labels: str) -> Manifest:
    return _changed(manifest, metadata={"labels": {**manifest["metadata"].get("labels", {}), **labels}})


def _annotated(manifest: Manifest, annotations: Mapping[str, str]) -> Manifest:
    known = manifest["metadata"].get("annotations", {})
    return _changed(manifest, metadata={"annotations": {**known, **annotations}})


def _slice(name: str, of: str, **arguments: Any) -> Manifest:
    found = endpoints(of, **arguments)
    return _changed(found, metadata={"name": name})


def _class(setting: str = "", name: str = "avi") -> Manifest:
    if not setting:
        return GATEWAY_CLASS
    reference = {"group": "ako.vmware.com", "kind": "AviInfraSetting", "name": setting}
    return {
        **GATEWAY_CLASS,
        "metadata": {"name": name},
        "spec": {**GATEWAY_CLASS["spec"], "parametersRef": reference},
    }


def _with_class(manifest: Manifest, name: str) -> Manifest:
    return _changed(manifest, spec={"gatewayClassName": name})


def _node(name: str, address: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"role": "worker"}},
        "status": {"addresses": [{"type": "InternalIP", "address": address}]},
    }


def _pod(name: str, app: str, address: str, port: int) -> Manifest:
    entry = [{"podPort": 8080, "nodeIP": address, "nodePort": port}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"app": app, "tier": "public"},
            "annotations": {"nodeportlocal.antrea.io": json.dumps(entry)},
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def _behind(manifest: Manifest, ends: Sequence[Mapping[str, Any]]) -> Manifest:
    """An EndpointSlice whose endpoints say more."""
    found = [{**end, **more} for end, more in zip(manifest["endpoints"], ends, strict=True)]
    return {**manifest, "endpoints": found}


def _node_port(name: str, number: int, gateway_name: str = "storefront", **spec: Any) -> Manifest:
    port = {"name": "p80", "port": number, "protocol": "TCP", "nodePort": 30000 + number}
    found = service(name, gateway=gateway_name)
    return {**found, "spec": {"type": "NodePort", "ports": [port], **spec}}


RULE: Manifest = {
    "apiVersion": "ako.vmware.com/v1alpha2",
    "kind": "L4Rule",
    "metadata": {"name": "relay-rule", "namespace": "mail"},
    "spec": {
        "applicationProfileRef": "Own-L4",
        "backendProperties": [
            {
                "port": 25,
                "protocol": "TCP",
                "lbAlgorithm": "LB_ALGORITHM_ROUND_ROBIN",
                "healthMonitorRefs": ["Own-Monitor"],
            }
        ],
    },
}  # fmt: skip

_GATEWAYS: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [_values(L4Settings={"autoFQDN": "default", "defaultDomain": "example.com"})],
    "class.yaml": [_class()],
    "shop/gateways.yaml": [
        gateway("storefront", ports=(80, 443), address="10.10.10.50"),
        gateway("orders", ports=(8443,), hostname="orders.example.com"),
    ],
    "shop/services.yaml": [
        _changed(service("frontend", gateway="storefront", ports=(80,)), spec={"type": "ClusterIP"}),
        service("checkout", gateway="storefront", ports=(443,)),
        service("ordering", gateway="orders", ports=(8443,)),
    ],
    "shop/slices.yaml": [
        _slice("frontend-a1b2c", "frontend"),
        _slice("frontend-d3e4f", "frontend", addresses=("192.0.2.3",)),
        _slice("checkout-a1b2c", "checkout", ports=(443,)),
        _slice("ordering-a1b2c", "ordering", ports=(8443,)),
    ],
    "other.yaml": [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "frontend"}, "spec": {}}],
}

_NODE_PORTS: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [
        _values(L7Settings={"serviceType": "NodePort"}, nodePortSelector={"key": "role", "value": "worker"})
    ],
    "all.yaml": [
        _class(),
        gateway("storefront", ports=(80, 81)),
        _node_port("frontend", 80),
        _slice("frontend-a1b2c", "frontend"),
        _node_port("checkout", 81, externalTrafficPolicy="Local"),
        _behind(_slice("checkout-a1b2c", "checkout"), [{"nodeName": "node-alpha"}, {"nodeName": "node-beta"}]),
        _node("node-alpha", "192.0.2.101"),
        _node("node-beta", "192.0.2.102"),
    ],
}

_BALANCERS: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [_values(L4Settings={"autoFQDN": "flat", "defaultDomain": "example.com"})],
    "mail.yaml": [
        _changed(
            _annotated(load_balancer("relay", namespace="mail"), {"ako.vmware.com/l4rule": "relay-rule"}),
            spec={"loadBalancerClass": "ako.vmware.com/avi-lb"},
        ),
        _slice("relay-a1b2c", "relay", namespace="mail", ports=(25,)),
        RULE,
        _annotated(
            load_balancer("imap", namespace="mail", port=143), {"ako.vmware.com/load-balancer-ip": "10.10.10.60"}
        ),
        _slice("imap-a1b2c", "imap", namespace="mail", ports=(143,)),
    ],
    "voice.yaml": [
        load_balancer("signals", namespace="voice", port=5060, shared_vip="telephone"),
        load_balancer("streams", namespace="voice", port=5061, shared_vip="telephone"),
        _slice("signals-a1b2c", "signals", namespace="voice", ports=(5060,)),
        _slice("streams-a1b2c", "streams", namespace="voice", ports=(5061,)),
    ],
}

_BLUE_NETWORK = infra_setting(
    "blue-setting", network={"vipNetworks": [{"networkName": "blue-network"}]}, seGroup={"name": "blue-group"}
)
_INFRASTRUCTURE: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [_values()],
    "platform.yaml": [
        _class(),
        _class("blue-setting", "avi-blue"),
        _BLUE_NETWORK,
        namespace("shop", infra="blue-setting"),
        namespace("mail", tenant="mail-tenant"),
        namespace("voice"),
    ],
    "shop.yaml": [gateway("storefront"), service("frontend", gateway="storefront"), _slice("frontend-a1", "frontend")],
    "voice.yaml": [
        _with_class(gateway("telephone", namespace="voice"), "avi-blue"),
        service("exchange", gateway="telephone", namespace="voice"),
        _slice("exchange-a1", "exchange", namespace="voice"),
        _annotated(
            load_balancer("signals", namespace="voice", port=5060),
            {"aviinfrasetting.ako.vmware.com/name": "blue-setting"},
        ),
        _slice("signals-a1", "signals", namespace="voice", ports=(5060,)),
    ],
    "mail.yaml": [
        gateway("webmail", namespace="mail"),
        service("webmail", gateway="webmail", namespace="mail"),
        _slice("webmail-a1", "webmail", namespace="mail"),
        load_balancer("relay", namespace="mail"),
        _slice("relay-a1", "relay", namespace="mail", ports=(25,)),
    ],
}

_SELECTED: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [
        _values(
            AKOSettings={
                **VALUES["AKOSettings"],
                "namespaceSelector": {"labelKey": "exposed", "labelValue": "outside"},
                "blockedNamespaceList": ["kube-system"],
            }
        )
    ],
    "all.yaml": [
        _class(),
        _labelled(namespace("shop"), exposed="outside"),
        _labelled(namespace("mail"), exposed="outside", team="mail"),
        _labelled(namespace("backstage"), exposed="inside"),
        gateway("storefront"),
        service("frontend", gateway="storefront"),
        _slice("frontend-a1", "frontend"),
        load_balancer("relay", namespace="mail"),
        _slice("relay-a1", "relay", namespace="mail", ports=(25,)),
    ],
}

_POD_PORTS: Mapping[str, Sequence[Manifest]] = {
    "values.yaml": [_values(L7Settings={"serviceType": "NodePortLocal"})],
    "all.yaml": [
        _class(),
        gateway("storefront"),
        _changed(
            service("frontend", gateway="storefront"),
            spec={
                "selector": {"app": "frontend", "tier": "public"},
                "ports": [{"name": "p80", "port": 80, "targetPort": 8080}],
            },
        ),
        _pod("frontend-5d9c-abcde", "frontend", "192.0.2.101", 61001),
        _pod("frontend-5d9c-fghij", "frontend", "192.0.2.102", 61001),
        _behind(
            _slice("frontend-a1", "frontend", addresses=("10.244.0.5", "10.244.1.5")),
            [
                {"targetRef": {"kind": "Pod", "name": "frontend-5d9c-abcde", "namespace": "shop"}},
                {"targetRef": {"kind": "Pod", "name": "frontend-5d9c-fghij", "namespace": "shop"}},
            ],
        ),
    ],
}

TREES: Mapping[str, Mapping[str, Sequence[Manifest]]] = {
    "Gateways": _GATEWAYS,
    "NodePort": _NODE_PORTS,
    "LoadBalancer": _BALANCERS,
    "infrastructure": _INFRASTRUCTURE,
    "selected namespaces": _SELECTED,
    "NodePortLocal": _POD_PORTS,
}
