"""Check that the lock files follow from pyproject.toml (or, with --write, make them follow).

usage: python tools/check_lock.py [--write]

Resolves again, with the pins of the lock files as preferences: a file is current if nothing changes. Only names,
versions, markers and hashes are kept: where packages come from is the installer's business.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNTIME, EMULATOR = "requirements.lock", "requirements-emulator.lock"
DEVELOPMENT, BUILD = "requirements-dev.lock", "requirements-build.lock"
LOCKS: Mapping[str, Sequence[str]] = {
    RUNTIME: ("pyproject.toml",),
    EMULATOR: ("pyproject.toml", "--extra", "emulator", "--constraint", RUNTIME),
    DEVELOPMENT: ("pyproject.toml", "--extra", "emulator", "--group", "dev", "--constraint", EMULATOR),
    BUILD: ("--group", "build", "--constraint", DEVELOPMENT),
}
"""Each lock file with what it is resolved from; a lock file among them stands above."""


def compile_lock(target: Path, arguments: Sequence[str]) -> None:
    """Resolve into `target`, preferring the pins that are in it."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate"),
        *("--output-file", str(target), *arguments),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the lock file cannot be made:\n{done.stderr}")


def pins(text: str) -> list[str]:
    """What the file pins, without the hashes: a maintainer may add a wheel to a release that is out already."""
    return [line.rstrip(" \\") for line in text.splitlines() if line and not line.lstrip().startswith("--hash")]


def main() -> None:
    """Compare or write all files."""
    write = "--write" in sys.argv[1:]
    stale = []
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in LOCKS.items():
            target, kept = Path(folder, name), ROOT / name
            if kept.exists():
                target.write_text(kept.read_text())
            compile_lock(target, [str(Path(folder, item)) if item in LOCKS else item for item in arguments])
            if write:
                kept.write_text(target.read_text())
            elif not kept.exists() or pins(kept.read_text()) != pins(target.read_text()):
                stale.append(kept.name)
    if stale:
        sys.exit(f"{' and '.join(stale)} no longer follow from pyproject.toml\n  fix: make lock")


if __name__ == "__main__":
    main()
