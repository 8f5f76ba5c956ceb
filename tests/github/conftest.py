"""The Controller and the tree of the end-to-end tests."""

from tests.end_to_end.conftest import cli, clock, controller, sync, tree

__all__ = ["cli", "clock", "controller", "sync", "tree"]
