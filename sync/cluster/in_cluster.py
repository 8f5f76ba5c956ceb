"""The service account of the pod that we run in (Kubernetes 1.30: projected token, `ca.crt`)."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from sync.cluster.place import ClusterAddress, KubeContext, Login
from sync.errors import UsageError

FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAME = "this cluster"
"""What messages call it."""


def is_in_cluster(environment: Mapping[str, str], folder: Path = FOLDER) -> bool:
    """Whether this process runs in a pod that has a service account."""
    return (
        all(environment.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT")) and (folder / "token").is_file()
    )


def in_cluster(environment: Mapping[str, str], folder: Path = FOLDER) -> KubeContext:
    """The cluster of this pod. Raises UsageError where its certificate authority cannot be read."""
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]
    try:
        authority = (folder / "ca.crt").read_bytes()
    except OSError as error:
        raise UsageError(
            f"the authority of the cluster cannot be read: {error.strerror}",
            where=str(folder / "ca.crt"),
            fix="mount the service account (automountServiceAccountToken: true)",
        ) from None
    return KubeContext(
        name=NAME,
        address=ClusterAddress(server=f"https://{_bracketed(host)}:{port}", authority=authority),
        login=Login(token_file=folder / "token"),
        origin=str(folder),
    )


def _bracketed(host: str) -> str:
    try:
        is_ipv6 = ipaddress.ip_address(host).version == 6
    except ValueError:
        is_ipv6 = False
    return f"[{host}]" if is_ipv6 else host
