"""What a rule knows about the object that it completes and checks."""

from dataclasses import dataclass

from sync.emulator.allocation import Addresses
from sync.emulator.domains import Names
from sync.emulator.references import Resolver
from sync.emulator.schema import Body, Message
from sync.emulator.seed import Facts
from sync.emulator.store import Entry, Store


@dataclass(slots=True, kw_only=True)
class Context:
    """One object that is about to be stored, and what surrounds it. Rules change nothing but `draft`."""

    message: Message
    uuid: str
    cloud: str | None
    draft: Body
    live: Entry | None
    store: Store
    resolver: Resolver
    addresses: Addresses
    names: Names
    facts: Facts
