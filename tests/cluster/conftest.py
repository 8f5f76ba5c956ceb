"""The small cluster of these tests, and clients of it."""

from tests.shared.clusters import read, server

__all__ = ["read", "server"]
