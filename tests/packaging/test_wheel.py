"""The wheel: what is in it, and that it works away from the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

import pytest

from sync.emulator import Emulator
from sync.kinds import KINDS

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
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the files as they are: builds write into the folder that they read."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("sync", "templates", "tests/packaging", "examples"):
        ignored = shutil.ignore_patterns(*NOT_SOURCE)
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, symlinks=True)
    for file in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / file, folder)
    identity = ["-c", "user.name=Builder", "-c", "user.email=builder@example.com", "-c", "commit.gpgSign=false"]
    run(["git", "init", "--quiet"], folder)
    run(["git", "add", "."], folder)
    run(["git", *identity, "commit", "--quiet", "--message", "all"], folder)
    return folder


def build(target: str, source: Path, folder: Path) -> Path:
    """The wheel or sdist that is built from a folder."""
    run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)], source)
    (found,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return found


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A wheel of the checkout."""
    wheel = build("wheel", checkout, tmp_path_factory.mktemp("wheel"))
    return Built(wheel=wheel, commit=run(["git", "rev-parse", "HEAD"], checkout).strip())


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and nothing else.

    Its dependencies are borrowed from the environment that runs the tests: a line in a .pth file puts that folder on
    the path, but does not read the .pth files in it, so the editable install of the checkout stays out of sight.
    """
    programs, site_packages = install(built.wheel, tmp_path_factory.mktemp("environment"))
    (site_packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


@pytest.fixture(scope="module")
def production(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and what `requirements.lock` names, and nothing else."""
    programs, site_packages = install(built.wheel, tmp_path_factory.mktemp("production"))
    for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE):
        with suppress(metadata.PackageNotFoundError):  # one for other platforms
            found = metadata.distribution(name)
            for item in {file.parts[0] for file in found.files or () if file.parts[0] != ".."} - {"__pycache__"}:
                (site_packages / item).symlink_to(Path(str(found.locate_file(item))))
    return programs


def install(wheel: Path, folder: Path) -> tuple[Path, Path]:
    """A new environment with the wheel alone: its folder of programs, and that of its packages."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    options = ["-m", "uv", "pip", "install", "--quiet", "--offline", "--no-cache", "--no-config", "--no-deps"]
    run([sys.executable, *options, "--python", str(python), str(wheel)], folder)
    place = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    return folder / "bin", Path(place.strip())


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    """All of `sync/` and `templates/` is in it, with the generated commit module, and nothing of tests or examples."""
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "sync").rglob("*")
        if path.is_file() and not any(path.match(pattern) or pattern in path.parts for pattern in NOT_SOURCE)
    }

    templates = {f"sync/templates/{path.name}" for path in (ROOT / "templates").iterdir()}
    packaged = {name for name in built.files if ".dist-info/" not in name}

    assert sources | templates | {"sync/_commit.py"} == packaged


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("sync/py.typed", id="types are announced"),
        pytest.param("sync/templates/pool.json.j2", id="a template"),
        pytest.param("sync/avi/schema.json", id="Avi's schema"),
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


def test_a_production_install_has_no_library_of_the_emulator(production: Path) -> None:
    """Nor cryptography, the largest of what they need."""
    packages = {path.name for path in production.parent.glob("lib/python*/site-packages/*")}

    assert packages & {"cheroot", "trustme", "cryptography"} == set()


def test_a_production_install_runs_against_a_controller(production: Path, tmp_path: Path) -> None:
    """Without the emulator's libraries: version, help, validate, and a dry run."""
    program = str(production / "avi-sync")
    with Emulator(port=0) as emulator:
        settings = {"SYNC_PASSWORD": "emulator", "SYNC_CACHE_DIR": str(tmp_path), "SYNC_STATE_DIR": str(tmp_path)}
        dry_run = [program, "--dry-run", "--source", str(EXAMPLE), "--controller", emulator.url]
        planned = run(dry_run, tmp_path, settings)

    assert run([program, "--version"], tmp_path).startswith("avi-sync ")
    assert "--name-hold" in run([program, "emulate", "--help"], tmp_path)
    assert run([program, "validate", "--source", str(EXAMPLE)], tmp_path).startswith("Validate: 4 owners")
    assert "Plan: 17 create" in planned


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["emulate", "--port", "0"], id="emulate"),
        pytest.param(["--dry-run", "--source", str(EXAMPLE), "--controller", "embedded"], id="embedded"),
    ],
)
def test_a_production_install_says_how_to_get_the_emulator(
    arguments: list[str], production: Path, tmp_path: Path
) -> None:
    """In one error with the usual code; nothing else is printed."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    done = subprocess.run(
        [str(production / "avi-sync"), *arguments], env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "error: the emulator is not installed\n  fix: pip install 'avi-sync[emulator]'\n"


def _count_by_kind(objects: list[dict[str, str]]) -> dict[str, int]:
    kinds = [item["kind"] for item in objects]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


TEMPLATES = tuple(kind.path for kind in KINDS.values())
PRINT_TEMPLATES = "import sync.avi.schema; from sync.template_files import own_text; print(own_text())"
"""Fails where Avi's schema is missing."""


def templates_seen(python: Path, folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The templates whose whole text the product finds when it runs in this way."""
    found = run([str(python), "-c", PRINT_TEMPLATES], folder, settings)
    texts = {name: (ROOT / "templates" / f"{name}.json.j2").read_text("utf-8") for name in TEMPLATES}
    return [name for name, text in texts.items() if text.strip() in found]


def test_a_wheel_finds_the_templates(installed: Path, tmp_path: Path) -> None:
    """As data of the installed package."""
    assert templates_seen(installed / "python", tmp_path) == list(TEMPLATES)


def test_a_plain_checkout_finds_the_templates(checkout: Path) -> None:
    """Through the link from the package to the root."""
    assert (checkout / "sync" / "templates").is_symlink()
    assert templates_seen(Path(sys.executable), checkout) == list(TEMPLATES)


def test_an_sdist_and_the_wheel_that_is_built_from_it_hold_the_templates(checkout: Path, tmp_path: Path) -> None:
    """Whoever packages it for a distribution begins with the sdist."""
    (tmp_path / "sdist").mkdir()
    (tmp_path / "wheel").mkdir()
    shutil.unpack_archive(build("sdist", checkout, tmp_path / "sdist"), tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()

    seen = templates_seen(Path(sys.executable), source)
    with zipfile.ZipFile(build("wheel", source, tmp_path / "wheel")) as wheel:
        packaged = {name for name in wheel.namelist() if name.endswith(".j2")}

    assert seen == list(TEMPLATES)
    assert packaged == {f"sync/templates/{name}.json.j2" for name in TEMPLATES}


def test_an_editable_install_finds_the_templates(checkout: Path, tmp_path: Path) -> None:
    """What a developer edits at the root is what runs."""
    venv.create(tmp_path / "environment", with_pip=False)
    python = tmp_path / "environment" / "bin" / "python"
    (library,) = (tmp_path / "environment" / "lib").glob("python*/site-packages")
    (library / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    install = ["-m", "uv", "pip", "install", "--quiet", "--offline", "--no-cache", "--no-config", "--no-deps"]
    run(
        [sys.executable, *install, "--no-build-isolation", "--python", str(python), "--editable", str(checkout)],
        tmp_path,
    )
    template = checkout / "templates" / "pool.json.j2"
    template.write_text(f"{{#- edited -#}}\n{template.read_text('utf-8')}")

    assert "edited" in run([str(python), "-c", PRINT_TEMPLATES], tmp_path)
