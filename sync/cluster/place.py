"""Where a cluster is and how to log in to it: what the operator says, and Git never does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAddress:
    """The URL of an API server, perhaps with a path, and what its certificate must be.

    `authority` is the PEM text of the only authorities to trust; empty means those of the system. `plugin_settings`
    is what the kubeconfig hands to exec plugins with the cluster.
    """

    server: str
    authority: bytes = b""
    tls_server_name: str = ""
    proxy_url: str = ""
    is_packed: bool = True
    plugin_settings: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecPlugin:
    """A program that prints a login (client.authentication.k8s.io/v1 and v1beta1)."""

    command: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    api_version: str
    knows_cluster: bool
    install_hint: str
    where: str
    """File and user, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How requests show who sends them. A token may stand beside a certificate."""

    token: str = field(default="", repr=False)
    token_file: Path | None = None
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    plugin: ExecPlugin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeContext:
    """One cluster as one user. `origin` is the file that names it."""

    name: str
    address: ClusterAddress
    login: Login
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlace:
    """What the operator says of where the cluster is; all empty means: of the pod that we run in, if in any.

    A file that stands in for the cluster counts before all else, and is refused for writing once it is too old.
    """

    kubeconfig: Path | None = None
    context: str = ""
    state_file: Path | None = None
    max_age_seconds: float = 3600.0
    rollout_wait_seconds: float = 5.0
    """How long to wait before the cluster is read once more in the middle of a rollout."""

    @property
    def given(self) -> tuple[str, ...]:
        """The options that name it."""
        found = {"--kubeconfig": self.kubeconfig, "--kube-context": self.context, "--cluster-state": self.state_file}
        return tuple(name for name, value in found.items() if value)
