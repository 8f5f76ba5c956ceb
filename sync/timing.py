"""Clock, sleep and chance of one run, and when it should be over. Tests pass their own and need not wait."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a run waits. `ends_at` is a moment of `now`: from then on nothing is started or retried.

    `chance` gives numbers from 0 to 1, for the jitter of waits.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    ends_at: float = math.inf

    def ending_after(self, seconds: float) -> Self:
        """The same, with the deadline that many seconds from now."""
        return replace(self, ends_at=self.now() + seconds)

    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.left_seconds <= 0

    @property
    def left_seconds(self) -> float:
        """How long until the deadline; negative once it has passed."""
        return self.ends_at - self.now()
