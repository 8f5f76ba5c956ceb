"""Deployments are tried on the source tree and the Controller of the end-to-end tests."""

from tests.shared.emulated_controller import cli, clock, controller, sync, tree

__all__ = ["cli", "clock", "controller", "sync", "tree"]
