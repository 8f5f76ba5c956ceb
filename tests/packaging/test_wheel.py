"""The wheel: what is in it, and that it works away from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "repo"
NOT_SOURCE = ("__pycache__", "*.pyc", "_commit.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A wheel, and the commit of the checkout that it was built from."""

    wheel: Path
    commit: str

    @property
    def files(self) -> frozenset[str]:
        """Every path inside the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return frozenset(archive.namelist())


def run(command: list[str], folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """What the command prints; a failure shows what it said.

    Nothing of the caller's Git or of our own variables reaches it: inside a Git hook, GIT_DIR would name the real
    repository.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SYNC_"))}
    done = subprocess.run(
        command, cwd=folder, env={**inherited, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A wheel of the files as they are, built in a checkout of their own: the build writes into the folder it reads."""
    checkout = tmp_path_factory.mktemp("checkout")
    for folder in ("sync", "tests/packaging", "examples"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    for file in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / file, checkout)
    identity = ["-c", "user.name=Builder", "-c", "user.email=builder@example.com", "-c", "commit.gpgSign=false"]
    run(["git", "init", "--quiet"], checkout)
    run(["git", "add", "."], checkout)
    run(["git", *identity, "commit", "--quiet", "--message", "all"], checkout)
    target = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], checkout)
    (wheel,) = target.glob("*.whl")
    return Built(wheel=wheel, commit=run(["git", "rev-parse", "HEAD"], checkout).strip())


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and nothing else.

    Its dependencies are borrowed from the environment that runs the tests: a line in a .pth file puts that folder on
    the path, but does not read the .pth files in it, so the editable install of the checkout stays out of sight.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    install = ["-m", "uv", "pip", "install", "--quiet", "--offline", "--no-cache", "--no-config", "--no-deps"]
    run([sys.executable, *install, "--python", str(python), str(built.wheel)], folder)
    site_packages = Path(
        run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip()
    )
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    """Every file of `sync/` is in the wheel, with the generated commit module, and nothing of tests or examples."""
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "sync").rglob("*")
        if path.is_file() and not any(path.match(pattern) or pattern in path.parts for pattern in NOT_SOURCE)
    }

    packaged = {name for name in built.files if ".dist-info/" not in name}

    assert sources | {"sync/_commit.py"} == packaged


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("sync/py.typed", id="types are announced"),
        pytest.param("sync/templates/virtualservice.json.j2", id="template of virtualservices"),
        pytest.param("sync/templates/vsvip.json.j2", id="template of vsvips"),
        pytest.param("sync/templates/pool.json.j2", id="template of pools"),
        pytest.param("sync/templates/l4policyset.json.j2", id="template of policy sets"),
        pytest.param("sync/report/page/markup.html", id="markup of the page"),
        pytest.param("sync/report/page/style.css", id="style of the page"),
        pytest.param("sync/report/page/script/picture.js", id="script of the page"),
        pytest.param("sync/emulator/data/schema.json", id="the emulator's schema"),
        pytest.param("sync/emulator/data/system_objects.json", id="the emulator's system objects"),
        pytest.param("dist-info/licenses/LICENSE", id="licence"),
    ],
)
def test_the_wheel_holds_what_is_not_python(built: Built, file: str) -> None:
    """Data files, the licence and the typing marker are easily forgotten: each is named here."""
    found = [name for name in built.files if name.endswith(file)]

    assert len(found) == 1


def test_the_version_names_the_commit_that_the_wheel_was_built_from(
    built: Built, installed: Path, tmp_path: Path
) -> None:
    """Away from any checkout, both command names tell version and commit."""
    wheel_version = built.wheel.name.split("-")[1]

    told = [run([str(installed / command), "--version"], tmp_path) for command in ("avi-sync", "sync")]

    assert [f"avi-sync {wheel_version} (commit {built.commit})\n"] * 2 == told


def test_an_installed_wheel_renders_the_example_from_another_folder(installed: Path, tmp_path: Path) -> None:
    """Templates are found in the installed package, wherever the command is started."""
    place = run([str(installed / "python"), "-c", "import sync; print(sync.__file__)"], tmp_path)

    document = json.loads(
        run([str(installed / "avi-sync"), "render", "--source", str(EXAMPLE), "-o", "json"], tmp_path)
    )

    assert place.startswith(str(installed.parent))
    assert _count_by_kind(document["objects"]) == {"L4PolicySet": 4, "Pool": 5, "VirtualService": 4, "VsVip": 4}


def test_an_installed_wheel_starts_the_emulator(installed: Path, tmp_path: Path) -> None:
    """The emulator finds its data in the installed package."""
    command = [
        str(installed / "avi-sync"),
        "--dry-run",
        "--source",
        str(EXAMPLE),
        "--controller",
        "embedded",
        "-o",
        "json",
    ]

    document = json.loads(run(command, tmp_path, {"SYNC_STATE_DIR": str(tmp_path / "state")}))

    assert document["summary"]["create"] == 17


def _count_by_kind(objects: list[dict[str, str]]) -> dict[str, int]:
    kinds = [item["kind"] for item in objects]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
