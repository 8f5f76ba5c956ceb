"""Where a run writes to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One Controller and how to log in there. `is_verified` False means that its certificate is not checked.

    `timeout_seconds` is for each answer; after `deadline_seconds` a run begins nothing more. `state_folder` is where
    this machine keeps what runs on it must know of each other, `emulator_file` the state of an embedded emulator.
    """

    controller: str
    username: str = "admin"
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca_bundle: str = ""
    is_verified: bool = True
    timeout_seconds: float = 30.0
    deadline_seconds: float = 3600.0
    parallelism: int = 8
    state_folder: str
    emulator_file: str = ""
