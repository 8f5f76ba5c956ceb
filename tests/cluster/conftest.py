"""The small cluster of these tests, and clients of it."""

from tests.shared.clusters import client, read, server

__all__ = ["client", "read", "server"]
