"""`avi-sync emulate`: an emulated Controller that serves until it is stopped."""

from pathlib import Path
from typing import Any

import click

from sync.cli.help import Command, together
from sync.cli.options import option
from sync.cli.terminal import print_result, say

_OPTIONS = together(
    option(
        "--host",
        env="SYNC_EMULATE_HOST",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        is_common=True,
        help="Address to listen on.",
    ),
    option(
        "--port",
        env="SYNC_EMULATE_PORT",
        default=9443,
        show_default=True,
        type=click.IntRange(0, 65535),
        metavar="PORT",
        is_common=True,
        help="Port to listen on. 0 takes a free one.",
    ),
    option(
        "--state",
        env="SYNC_EMULATE_STATE",
        metavar="FILE",
        is_common=True,
        help="Keep everything in this file, across restarts.",
    ),
    option(
        "--seed",
        env="SYNC_EMULATE_SEED",
        metavar="FILE",
        is_common=True,
        help="Facts file: what an empty Controller starts with.",
    ),
    option(
        "--tls/--no-tls",
        env="SYNC_EMULATE_TLS",
        default=False,
        show_default=True,
        is_common=True,
        help="Serve https, with its own certificate.",
    ),
    option(
        "--latency",
        env="SYNC_EMULATE_LATENCY",
        default=0,
        type=click.IntRange(min=0),
        metavar="MS",
        is_common=True,
        help="Wait before each response.",
    ),
    option(
        "--requests-log",
        env="SYNC_EMULATE_REQUESTS_LOG",
        metavar="FILE",
        is_common=True,
        help="Write one JSON line for each request.",
    ),
    option(
        "--faults",
        env="SYNC_EMULATE_FAULTS",
        metavar="FILE",
        is_common=True,
        help="Requests that fail: a list of rules. See docs/emulator.md.",
    ),
    option(
        "--name-hold",
        env="SYNC_EMULATE_NAME_HOLD",
        default=0,
        type=click.IntRange(min=0),
        metavar="MS",
        is_common=True,
        help="How long the name of a deleted object stays taken.",
    ),
)


@click.command(
    "emulate",
    cls=Command,
    examples=[
        "avi-sync emulate --state emulator.sqlite",
        "SYNC_PASSWORD=emulator avi-sync --source . --controller http://127.0.0.1:9443",
    ],
)
@_OPTIONS
def command(state: str, seed: str, requests_log: str, faults: str, **how: Any) -> None:
    """Serve an emulated Avi Controller until stopped: user admin, password from AVI_EMULATOR_PASSWORD."""
    # not at the top: help needs no emulator, and the first of the two says how to install one
    from sync.cli.emulation import emulator_errors, emulator_password, read_yaml
    from sync.emulator import Emulator

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
