"""Generated source trees: N Gateways with two Services each, NodePort, three Nodes."""

import subprocess
from pathlib import Path

VALUES = """\
AKOSettings: {clusterName: bench, servicesAPI: true}
NetworkSettings:
  vipNetworkList: [{networkName: bench-network}]
L7Settings: {serviceType: NodePort}
"""

COMMON = """\
apiVersion: networking.x-k8s.io/v1alpha1
kind: GatewayClass
metadata: {name: avi}
spec: {controller: ako.vmware.com/avi-lb}
""" + "".join(
    f"""\
---
apiVersion: v1
kind: Node
metadata: {{name: node-{number}}}
status:
  addresses:
    - {{type: InternalIP, address: 192.0.2.{number}}}
"""
    for number in (1, 2, 3)
)


FOLLOWING = VALUES + "SyncSettings: {backends: cluster}\n"


def namespace_of(number: int) -> str:
    """That of a Gateway and its Services."""
    return f"team-{number % 20}"


def node_port(number: int, port: int) -> int:
    """That of the Service behind a listener."""
    return 30000 + (2 * number + (port == 443)) % 2000


def manifests(number: int, target_port: int = 8080, policy: str = "Cluster") -> str:
    """One Gateway with listeners 80 and 443 and a Service for each, of this `externalTrafficPolicy`."""
    listeners = "".join(
        f"""\
    - port: {port}
      protocol: TCP
      routes:
        kind: Service
        selector:
          matchLabels:
            ako.vmware.com/gateway-name: gw-{number}
            ako.vmware.com/gateway-namespace: {namespace_of(number)}
"""
        for port in (80, 443)
    )
    services = "".join(
        f"""\
---
apiVersion: v1
kind: Service
metadata:
  name: svc-{number}-{port}
  namespace: {namespace_of(number)}
  labels:
    ako.vmware.com/gateway-name: gw-{number}
    ako.vmware.com/gateway-namespace: {namespace_of(number)}
spec:
  type: NodePort
  externalTrafficPolicy: {policy}
  ports:
    - name: main
      port: {port}
      protocol: TCP
      targetPort: {target_port}
      nodePort: {node_port(number, port) + (target_port - 8080)}
"""
        for port in (80, 443)
    )
    return f"""\
apiVersion: networking.x-k8s.io/v1alpha1
kind: Gateway
metadata:
  name: gw-{number}
  namespace: {namespace_of(number)}
spec:
  gatewayClassName: avi
  listeners:
{listeners}{services}"""


def make(folder: Path, gateways: int, values: str = VALUES, policy: str = "Cluster") -> None:
    """A repository with one commit."""
    folder.mkdir(parents=True)
    (folder / "values.yaml").write_text(values)
    (folder / "common.yaml").write_text(COMMON)
    for number in range(gateways):
        write(folder, number, policy=policy)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)


def write(folder: Path, number: int, target_port: int = 8080, policy: str = "Cluster") -> None:
    """One Gateway's file."""
    path = folder / namespace_of(number) / f"gw-{number}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(manifests(number, target_port, policy))


def commit(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "-m", "bench")


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)
