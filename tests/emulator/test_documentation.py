"""The document about the emulator."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make_emulator_docs.py"


def test_document_is_current() -> None:
    """docs/emulator.md says what the tables say, and every behaviour in it names a test that exists."""
    done = subprocess.run([sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
