"""The command line against an emulated Controller."""

from tests.shared.emulated_controller import cli, clock, controller, sync, sync_of, tree

__all__ = ["cli", "clock", "controller", "sync", "sync_of", "tree"]
