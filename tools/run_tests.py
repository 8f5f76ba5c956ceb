"""Run the tests in parallel, then hold the pure modules to their branch coverage. The last line is pytest's own.

What was skipped is listed with its reason.

usage: python tools/run_tests.py [PYTEST ARGUMENT …]
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MINIMUM_PERCENT = 98
"""Of the branches of the pure modules, by their own tests (pyproject.toml and tests/conftest.py name both)."""
PROCESSES = 2
"""On two cores: while one waits for an emulator or a lock, another computes."""


def main() -> int:
    """Tests, then coverage; the summary line of the tests is printed last."""
    environment = os.environ | {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # some hundred processes would compile the same modules again
    for old in ROOT.glob(".coverage*"):
        old.unlink()
    command = [sys.executable, "-m", "pytest", "-rs", "-n", str(PROCESSES), "--dist", "worksteal", *sys.argv[1:]]
    tests = subprocess.Popen(
        [sys.executable, "-m", "coverage", "run", *command[1:]],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    last = ""
    for line in tests.stdout or ():
        print(line, end="", flush=True)
        last = line.strip() or last
    if tests.wait() != 0:
        return tests.returncode
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", "--quiet"], cwd=ROOT, check=True)
    report = subprocess.run(
        [
            *coverage,
            "report",
            "--skip-covered",
            "--show-missing",
            f"--fail-under={MINIMUM_PERCENT}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if report.returncode != 0:
        print(report.stdout, report.stderr, sep="\n")
        print(f"the pure modules are covered by less than {MINIMUM_PERCENT} %\n  fix: test the lines above")
        return 1
    total = next(line for line in report.stdout.splitlines() if line.startswith("TOTAL"))
    print(f"coverage of the pure modules: {total.split()[-1]}")
    print(last)
    return 0


if __name__ == "__main__":
    sys.exit(main())
