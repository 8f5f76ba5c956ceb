"""A local Avi Controller: real HTTP, persistent, strict where the real one is strict.

It shares no code with the product, so that one misunderstanding cannot hide on both sides.
"""

from sync.emulator.faults import FaultError
from sync.emulator.seed import SeedError
from sync.emulator.server import Emulator
from sync.emulator.store import StateError

__all__ = ["Emulator", "FaultError", "SeedError", "StateError"]
