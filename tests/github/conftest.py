"""The Controller and the tree of the end-to-end tests."""

from tests.shared.emulated_controller import cli, clock, controller, sync, tree

__all__ = ["cli", "clock", "controller", "sync", "tree"]
