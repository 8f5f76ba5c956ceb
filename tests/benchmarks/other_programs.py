"""`validate` on a repository of thousands of files of other programs, beside bare parsing of the same files.

usage: python -m tests.benchmarks.other_programs [--files 2500] [--repeat 3] [--seed 1]

Both are whole processes, and bare parsing is `yaml.CSafeLoader` over every YAML and JSON file, which ends in a file at
the first thing that it does not know. `computed` is the processor time of a process and of those it started: on a
machine that does other things at the same time it is what can be compared, `seconds` is not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import trees
from tests.shared.unrelated import unrelated_tree

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "repo"

PARSE = """
import sys, time, yaml
from pathlib import Path
contents = [path.read_bytes() for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".yaml", ".yml", ".json")]
began, computed = time.perf_counter(), time.process_time()
for content in contents:
    try:
        for _ in yaml.load_all(content, yaml.CSafeLoader):
            pass
    except (yaml.YAMLError, ValueError, UnicodeDecodeError):
        pass
print(time.perf_counter() - began, time.process_time() - computed)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What one thing took: by the clock, and of the processor."""

    seconds: float
    computed: float


def validated(source: Path) -> Times:
    """The whole process of `validate`, its start included."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "sync", "validate", "--source", str(source)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if (code := os.waitstatus_to_exitcode(status)) != 0:
        sys.exit(f"validate ended with {code}")
    return Times(seconds=time.perf_counter() - began, computed=usage.ru_utime + usage.ru_stime)


def parsed(source: Path) -> Times:
    """Bare parsing in a process of its own, without the start of it and without reading the files."""
    answer = subprocess.run([sys.executable, "-c", PARSE, str(source)], capture_output=True, text=True, check=True)
    seconds, computed = map(float, answer.stdout.split())
    return Times(seconds=seconds, computed=computed)


def main() -> None:
    """Measure both in turn, and print the best of each and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2500)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    made = unrelated_tree(arguments.files, seed=arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "repo"
        shutil.copytree(EXAMPLE, source)
        for path, content in made.files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(content)
        trees.git(source, "init", "--quiet", "--initial-branch=main")
        trees.commit(source)
        runs = [(validated(source), parsed(source)) for _ in range(arguments.repeat)]
    megabytes = sum(map(len, made.files.values())) / 1e6
    print(f"{len(made.files)} files of other programs, {megabytes:.1f} MB, best of {arguments.repeat}")
    rows = {"validate": [run for run, _ in runs], "bare parsing": [bare for _, bare in runs]}
    best = {
        name: Times(seconds=min(t.seconds for t in times), computed=min(t.computed for t in times))
        for name, times in rows.items()
    }
    for name, times in best.items():
        print(f"{name:<14}{times.seconds:>8.2f} seconds{times.computed:>8.2f} computed")
    run, bare = best["validate"], best["bare parsing"]
    ratios = f"{run.seconds / bare.seconds:.2f}, computed {run.computed / bare.computed:.2f}"
    print(f"validate / bare parsing: {ratios} (to reach: at most 3)")


if __name__ == "__main__":
    main()
