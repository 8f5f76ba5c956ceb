"""Deployments are tried on the source tree, the Controller and the cluster of other tests."""

from tests.shared.clusters import client, read, server
from tests.shared.emulated_controller import cli, clock, controller, sync, tree

__all__ = ["cli", "client", "clock", "controller", "read", "server", "sync", "tree"]
