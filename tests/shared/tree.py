"""A source tree in a real Git repository, and the manifests that tests put into it."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Manifest = Mapping[str, Any]

VALUES: Manifest = {
    "AKOSettings": {"clusterName": "test", "servicesAPI": True},
    "NetworkSettings": {"vipNetworkList": [{"networkName": "vip-network"}]},
}
GATEWAY_CLASS: Manifest = {
    "apiVersion": "networking.x-k8s.io/v1alpha1",
    "kind": "GatewayClass",
    "metadata": {"name": "avi"},
    "spec": {"controller": "ako.vmware.com/avi-lb"},
}


def gateway(
    name: str = "web",
    *,
    namespace: str = "shop",
    ports: Sequence[int] = (80,),
    address: str = "",
    label_name: str = "",
    hostname: str = "",
) -> Manifest:
    """A Gateway with TCP listeners; `label_name` makes its matchLabels name another one."""
    labels = _labels(namespace, label_name or name)
    spec: dict[str, Any] = {
        "gatewayClassName": "avi",
        "listeners": [
            {
                "port": port,
                "protocol": "TCP",
                "routes": {"kind": "Service", "selector": {"matchLabels": labels}},
                **({"hostname": hostname} if hostname else {}),
            }
            for port in ports
        ],
    }
    if address:
        spec["addresses"] = [{"type": "IPAddress", "value": address}]
    return {
        "apiVersion": "networking.x-k8s.io/v1alpha1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def infra_setting(name: str, **spec: object) -> Manifest:
    """An AviInfraSetting."""
    return {"apiVersion": "ako.vmware.com/v1beta1", "kind": "AviInfraSetting", "metadata": {"name": name}, "spec": spec}


def namespace(name: str, **annotations: str) -> Manifest:
    """A Namespace; `tenant` and `infra` annotate it."""
    keys = {"tenant": "ako.vmware.com/tenant-name", "infra": "aviinfrasetting.ako.vmware.com/name"}
    metadata = {"name": name, "annotations": {keys[key]: value for key, value in annotations.items()}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def service(
    name: str = "front", *, gateway: str = "web", namespace: str = "shop", ports: Sequence[int] = (80,)
) -> Manifest:
    """A ClusterIP Service of a Gateway in the same namespace, or of none."""
    labels = {"labels": _labels(namespace, gateway)} if gateway else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, **labels},
        "spec": {
            "type": "ClusterIP",
            "ports": [{"name": f"p{port}", "port": port, "targetPort": 8000 + port} for port in ports],
        },
    }


def load_balancer(
    name: str = "direct", *, namespace: str = "shop", port: int = 25, address: str = "", shared_vip: str = ""
) -> Manifest:
    """A Service of type LoadBalancer; `shared_vip` makes it a member of one."""
    spec: dict[str, Any] = {"type": "LoadBalancer", "ports": [{"name": "p", "port": port}]}
    if address:
        spec["loadBalancerIP"] = address
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if shared_vip:
        metadata["annotations"] = {"ako.vmware.com/enable-shared-vip": shared_vip}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def endpoints(
    name: str = "front",
    *,
    namespace: str = "shop",
    ports: Sequence[int] = (80,),
    addresses: Sequence[str] = ("192.0.2.1", "192.0.2.2"),
) -> Manifest:
    """The EndpointSlice of a Service."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": f"p{port}", "port": 8000 + port} for port in ports],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
    }


def app(name: str = "web", **gateway_arguments: Any) -> list[Manifest]:
    """A Gateway with one Service and its back ends."""
    return [
        gateway(name, **gateway_arguments),
        service(f"{name}-svc", gateway=name),
        endpoints(f"{name}-svc"),
    ]


def _labels(namespace: str, name: str) -> dict[str, str]:
    return {"ako.vmware.com/gateway-name": name, "ako.vmware.com/gateway-namespace": namespace}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A Git repository in a folder of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, values: Manifest = VALUES) -> "Tree":
        """A new repository with values.yaml and a GatewayClass, committed."""
        folder.mkdir(parents=True)
        tree = cls(folder=folder)
        tree.git("init", "--quiet", "--initial-branch=main")
        tree.write({"values.yaml": [values], "class.yaml": [GATEWAY_CLASS]})
        tree.commit()
        return tree

    def write(self, files: Mapping[str, Sequence[Manifest] | str | None]) -> None:
        """Write files (a list of manifests or a text), or remove them (None)."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_text(content if isinstance(content, str) else yaml.safe_dump_all(content))

    def commit(self, **files: Sequence[Manifest] | str | None) -> str:
        """Commit everything, after writing `files` (named without .yaml); the full SHA."""
        self.write({f"{name}.yaml": content for name, content in files.items()})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """What git prints."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()
