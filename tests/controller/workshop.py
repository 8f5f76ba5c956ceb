"""Plans made for an emulated Controller and applied to it, with a clock that nobody waits for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sync.config import read_settings
from sync.controller.apply import ApplyOptions, apply_plan
from sync.controller.client import ControllerAddress, ControllerClient, Login
from sync.controller.live import read_live
from sync.emulator import Emulator
from sync.model.facts import Facts
from sync.model.live import LiveState
from sync.model.outcome import Outcome
from sync.model.plan import Plan, PlanOptions
from sync.model.settings import Settings
from sync.model.source import Snapshot, SourceFile
from sync.plan.make import make_plan
from sync.timing import Timing
from tests.shared.perfect_controller import desired_for
from tests.shared.tree import VALUES, Manifest

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
UPGRADE = {"status": 403, "body": {"error": "Configuration is disallowed during upgrade"}}


@dataclass(slots=True)
class Clock:
    """Time passes only by sleeping; `on_sleep` sees the time afterwards."""

    seconds: float = 0.0
    on_sleep: Callable[[float], None] = lambda _: None

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.on_sleep(self.seconds)

    @property
    def timing(self) -> Timing:
        """The timing of a run by this clock, without chance."""
        return Timing(now=lambda: self.seconds, sleep=self.sleep, chance=lambda: 0.0)


@dataclass(slots=True, kw_only=True)
class Workshop:
    """An emulated Controller, a client of it, and a clock."""

    emulator: Emulator
    log: Path
    clock: Clock = field(default_factory=Clock)
    facts: Facts | None = None
    """What is known of the Controller; None for what is assumed of one that nobody asked."""

    def client(self, **arguments: Any) -> ControllerClient:
        """A client, not yet entered."""
        address = ControllerAddress(url=self.emulator.url, timeout_seconds=5)
        return ControllerClient(address, Login(password="emulator"), **{"timing": self.clock.timing, **arguments})

    def live(self) -> LiveState:
        """What is there now."""
        with self.client() as client:
            return read_live(client, settings_of(VALUES))

    def plan(self, *manifests: Manifest, retry_refused: bool = False) -> Plan:
        """What must change so that there is what the manifests ask for."""
        desired = desired_for(*manifests, facts=self.facts)
        return make_plan(desired, self.live(), PlanOptions(now=NOW, retry_refused=retry_refused))

    def apply(self, plan: Plan, **options: Any) -> tuple[Outcome, ...]:
        """Apply a plan."""
        with self.client() as client:
            return apply_plan(plan, client, replace(ApplyOptions(timing=self.clock.timing), **options))

    def converge(self, *manifests: Manifest) -> None:
        """Bring the Controller to what the manifests ask for."""
        assert all(outcome.is_success for outcome in self.apply(self.plan(*manifests)))
        assert self.plan(*manifests).changes == ()

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """From now on these requests go wrong, and the log is empty."""
        httpx.put(f"{self.emulator.url}/_emulator/faults", json=list(rules)).raise_for_status()
        self.log.write_text("")

    def writes(self) -> list[str]:
        """`POST vsvip` … in the order in which they came, those that went wrong with what went wrong."""
        rows = (json.loads(line) for line in self.log.read_text().splitlines())
        return [
            f"{row['method']} {row['path'].split('/')[2]}{' ' + row['fault'] if row.get('fault') else ''}"
            for row in rows
            if row["method"] != "GET" and row["path"].startswith("/api/")
        ]


def settings_of(values: Manifest) -> Settings:
    """The settings of a values.yaml."""
    files = (SourceFile(path="values.yaml", content=json.dumps(values).encode()),)
    settings, problems = read_settings(Snapshot(location="tree", commit="", files=files), max_aliases=10)
    assert settings is not None, problems
    return settings
