"""Which kinds of change a run may make. In a module of its own: help lists the names and needs nothing else."""

from enum import StrEnum


class Policy(StrEnum):
    """Which actions a run may take at all."""

    SYNC = "sync"
    UPSERT_ONLY = "upsert-only"
    CREATE_ONLY = "create-only"
    SERVERS_ONLY = "servers-only"
    """Nothing but the servers of pools that follow the cluster."""
