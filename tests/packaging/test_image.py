"""The image: what its Dockerfile says, and that its steps do it, as far as a machine without an engine can tell.

The steps that need no root run for real, in a folder that stands for the root of the image: copies from the context,
environments, installations with hashes, the wheel. What needs Debian as root (packages, the user) is read only.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = ROOT / "Dockerfile"
REVISION = "0123456789abcdef0123456789abcdef01234567"
FOLDERS = ("/src", "/wheels", "/opt", "/usr/local/bin")
"""Of the image: what its steps write to."""
NEEDS_ROOT = ("apt-get ",)


def instructions() -> list[tuple[str, str]]:
    """Instruction and argument, without comments, continued lines as one."""
    parser = DockerfileParser(path=str(DOCKERFILE), cache_content=True)
    return [(step["instruction"], step["value"]) for step in parser.structure if step["instruction"] != "COMMENT"]


def allowed() -> list[str]:
    """What .dockerignore lets into the context; it begins by leaving everything out."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_the_linter_for_dockerfiles_has_nothing_to_say() -> None:
    """Hadolint knows what goes wrong in images."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hadolint")), str(DOCKERFILE)], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.returncode) == ("", 0)


def test_the_image_is_not_root_and_starts_avi_sync() -> None:
    """The user is a number, so that Kubernetes can check it; the command takes options like avi-sync itself."""
    last = dict(instructions())

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last["USER"])
    assert last["ENTRYPOINT"] == '["avi-sync"]'


def test_the_base_names_a_release() -> None:
    """Of Python and of Debian, and whoever builds can name another one, with a digest."""
    found = instructions()

    assert found[0][0] == "ARG"
    assert re.fullmatch(r"PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-[a-z]+", found[0][1])
    assert [value.split()[0] for name, value in found if name == "FROM"] == ["${PYTHON_IMAGE}"] * 2


def test_the_image_has_the_labels_that_tools_read() -> None:
    """Those of the Open Container Initiative."""
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', dict(instructions())["LABEL"]))

    assert labels.keys() >= {"title", "description", "licenses", "revision"}
    assert labels["revision"] == "${REVISION}"


def test_the_image_has_the_programs_that_avi_sync_calls() -> None:
    """Git, ssh for ssh:// URLs, and the authorities that sign certificates."""
    (install,) = (value for name, value in instructions() if name == "RUN" and value.startswith(NEEDS_ROOT))

    assert set(re.findall(r"[a-z-]+", install)) >= {"git", "openssh-client", "ca-certificates"}


def test_the_context_is_what_is_copied() -> None:
    """Nothing else is sent to the engine, whatever lies about in the folder."""
    copied = [
        source
        for name, value in instructions()
        if name == "COPY" and not value.startswith("--from")
        for source in value.split()[:-1]
    ]

    assert sorted(copied) == sorted(allowed())
    assert all((ROOT / source).exists() for source in copied)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the image, after all steps that need no root rights."""
    root = tmp_path_factory.mktemp("image")
    for folder in FOLDERS:
        (root / folder.lstrip("/")).mkdir(parents=True)
    programs = tmp_path_factory.mktemp("programs")
    (programs / "python").symlink_to(Path(sys.base_prefix, "bin", "python3"))
    if not _has_index(programs):
        pytest.skip("no package index can be reached: the steps of the image were not run")
    for name, value in instructions():
        match name:
            case "COPY" if not value.startswith("--from"):
                *sources, target = value.split()
                _copy(sources, root / "src" / target)
            case "RUN" if not value.startswith(NEEDS_ROOT):
                _run(value, root, programs)
    return root


def _copy(sources: list[str], target: Path) -> None:
    for source in map(ROOT.joinpath, sources):
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "_commit.py"))
        else:
            shutil.copy(source, target)


def _run(command: str, root: Path, programs: Path) -> None:
    """A step, with every absolute path moved below `root`."""
    moved = re.sub(rf"(?<![\w.-])(?=(?:{'|'.join(map(re.escape, FOLDERS))})(?:/|\b))", str(root), command)
    done = subprocess.run(
        ["sh", "-ec", moved], cwd=root / "src", env=_environment(programs), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{moved}\n{done.stdout}{done.stderr}"


def _environment(programs: Path) -> dict[str, str]:
    """What the base image installs for the whole system goes into `programs`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SYNC_", "VIRTUAL_ENV"))}
    system = str(programs / "system")
    path = f"{programs}:{system}/bin:{os.environ['PATH']}"
    return {**kept, "PIP_TARGET": system, "PYTHONPATH": system, "PATH": path, "REVISION": REVISION}


def _has_index(programs: Path) -> bool:
    """Whether pip can install packages here; it tries the smallest one of the lock file."""
    pin = re.findall(r"^pluggy==\S+", (ROOT / "requirements-build.lock").read_text(), flags=re.MULTILINE)
    ask = ["python", "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--retries=0", *pin]
    environment = _environment(programs) | {"PIP_TARGET": ""}
    done = subprocess.run(
        [*ask, "--dest", str(programs)], env=environment, capture_output=True, timeout=60, check=False
    )
    return done.returncode == 0


def test_the_image_has_one_name_for_the_command(image: Path) -> None:
    """`sync` would hide that of coreutils."""
    names = {path.name for path in (image / "opt/avi-sync/bin").iterdir()}

    assert "avi-sync" in names
    assert "sync" not in names
    assert [path.name for path in (image / "usr/local/bin").iterdir()] == ["avi-sync"]


def test_the_command_of_the_image_runs(image: Path, tmp_path: Path) -> None:
    """By its short name, away from its sources, and it tells the commit that the build was told."""
    told = subprocess.run(
        [str(image / "usr/local/bin/avi-sync"), "version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert re.fullmatch(rf"avi-sync \S+ \(commit {REVISION}\)\n", told.stdout)


def test_the_image_holds_what_the_lock_file_names_and_no_installer(image: Path) -> None:
    """Neither pip nor the tools of the build are in it, nor the libraries of the emulator."""
    packages = {PurePosixPath(path).name.partition("-")[0] for path in _installed(image)}

    assert {"httpx", "pydantic", "avi_sync"} <= packages
    assert not packages & {"pip", "setuptools", "hatchling"}
    assert not packages & {"cheroot", "trustme", "cryptography"}  # what only the emulator needs


def _installed(image: Path) -> Iterator[str]:
    yield from map(str, (image / "opt/avi-sync").rglob("*.dist-info"))
