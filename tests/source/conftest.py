"""Real repositories, made with the git command, and a server that hands them out over HTTP."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

from sync.model.source import Snapshot, SourceLimits
from sync.source.git.source import SourceRequest, read_source

Git = Callable[..., str]

GIT_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_AUTHOR_DATE": "2025-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_COMMITTER_DATE": "2025-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "file",
}


@pytest.fixture(scope="session")
def git() -> Git:
    """The output of a git command in a folder."""

    def run(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environment | GIT_ENVIRONMENT, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        return done.stdout.decode().strip()

    return run


@pytest.fixture(scope="session")
def write_files() -> Callable[[Path, Mapping[str, str | bytes]], None]:
    """Puts files into a folder, which is made if need be."""

    def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return write


@pytest.fixture(scope="session")
def commit_files(git: Git, write_files: Callable[[Path, Mapping[str, str | bytes]], None]) -> Callable[..., str]:
    """Commits everything in a work tree, after writing the given files, and says the SHA."""

    def commit(repository: Path, files: Mapping[str, str | bytes] | None = None) -> str:
        write_files(repository, files or {})
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--allow-empty", "--message", "change")
        return git(repository, "rev-parse", "HEAD")

    return commit


@pytest.fixture(scope="session")
def plain_repository(tmp_path_factory: pytest.TempPathFactory, git: Git, commit_files: Callable[..., str]) -> Path:
    """The repository most tests start from, to be copied: making one takes longer than many a test."""
    repository = tmp_path_factory.mktemp("plain") / "repository"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main", "--template=")
    commit_files(repository, {"web.yaml": "kind: Gateway\n"})
    return repository


@pytest.fixture
def make_repository(
    tmp_path: Path, git: Git, commit_files: Callable[..., str], plain_repository: Path
) -> Callable[..., Path]:
    """A repository with one commit on `main`."""

    def make(files: Mapping[str, str | bytes] | None = None, *, name: str = "repository", init: str = "") -> Path:
        repository = tmp_path / name
        if files is None and not init:
            return Path(shutil.copytree(plain_repository, repository))
        repository.mkdir()
        git(repository, "init", "--quiet", "--initial-branch=main", "--template=", *init.split())
        commit_files(repository, files or {"web.yaml": "kind: Gateway\n"})
        return repository

    return make


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Snapshot]:
    """What is read from a source, with a cache folder of the test's own."""

    def read_with_defaults(location: object, *, limits: SourceLimits | None = None, **fields: Any) -> Snapshot:
        request = SourceRequest(location=str(location), **{"cache_dir": tmp_path / "cache", **fields})
        return read_source(request, limits or SourceLimits())

    return read_with_defaults


class GitHttpServer:
    """The repositories below a folder over smart HTTP on loopback; all requests are kept.

    `tls` names the files of a certificate and its key. With `authorization` every request must carry exactly that
    header; with `redirect_to` all are sent elsewhere.
    """

    def __init__(self, root: Path, tls: tuple[Path, Path] | None = None) -> None:
        self.root = root
        self.authorization = ""
        self.redirect_to = ""
        self.requests: list[dict[str, str]] = []
        self._server = Server(("127.0.0.1", 0), self._answer, numthreads=2, server_name="127.0.0.1")
        if tls:
            self._server.ssl_adapter = BuiltinSSLAdapter(*map(str, tls))
        self._server.expiration_interval = 0.05  # how long a stop waits
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"http{'s' if tls else ''}://localhost:{self._server.bind_addr[1]}"

    def stop(self) -> None:
        """Ends the server and its thread."""
        self._server.stop()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append({name: value for name, value in environ.items() if isinstance(value, str)})
        if self.redirect_to:
            start_response(
                "301 Moved", [("Location", f"{self.redirect_to}{environ['PATH_INFO']}?{environ['QUERY_STRING']}")]
            )
            return [b""]
        if self.authorization and environ.get("HTTP_AUTHORIZATION") != self.authorization:
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return [b""]
        body = environ["wsgi.input"].read()
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"],
                **GIT_ENVIRONMENT,
                "GIT_PROJECT_ROOT": str(self.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROTOCOL": environ.get("HTTP_GIT_PROTOCOL", ""),
                "REQUEST_METHOD": environ["REQUEST_METHOD"],
                "PATH_INFO": environ["PATH_INFO"],
                "QUERY_STRING": environ["QUERY_STRING"],
                "CONTENT_TYPE": environ.get("CONTENT_TYPE", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": environ.get("HTTP_CONTENT_ENCODING", ""),
                "REMOTE_ADDR": "127.0.0.1",
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().splitlines()]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        start_response(status, [(name, value) for name, value in headers if name != "Status"])
        return [content]


@pytest.fixture
def serve_http(tmp_path: Path) -> Iterator[Callable[..., GitHttpServer]]:
    """Starts servers of the test's folder, which stop with the test."""
    servers: list[GitHttpServer] = []

    def serve(tls: tuple[Path, Path] | None = None) -> GitHttpServer:
        servers.append(GitHttpServer(tmp_path, tls))
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()
