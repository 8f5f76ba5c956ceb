"""`avi-sync emulate`: an emulated Controller that serves until it is stopped."""

from pathlib import Path
from typing import Any

import click

from sync.cli import options
from sync.cli.emulation import emulator_errors, emulator_password, read_yaml
from sync.cli.terminal import print_result, say
from sync.emulator import Emulator


@click.command("emulate", epilog=options.EXAMPLES["emulate"])
@options.emulator_options
def command(state: str, seed: str, requests_log: str, faults: str, **how: Any) -> None:
    """Serve an emulated Avi Controller until stopped: user admin, password from AVI_EMULATOR_PASSWORD."""
    with emulator_errors(f"{how['host']}:{how['port']}", Path(state) if state else None):
        emulator = Emulator(
            host=how["host"],
            port=how["port"],
            state=Path(state) if state else None,
            seed=read_yaml(seed),
            tls=how["tls"],
            latency_ms=how["latency"],
            requests_log=Path(requests_log) if requests_log else None,
            faults=read_yaml(faults),
            name_hold_ms=how["name_hold"],
            password=emulator_password(),
        )
        emulator.start()
    print_result(emulator.url)
    if emulator.ca_bundle:
        say(f"its certificate: --ca-bundle {emulator.ca_bundle}")
    try:
        emulator.wait()
    finally:
        emulator.stop()
