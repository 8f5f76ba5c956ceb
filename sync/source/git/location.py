"""Where a source is: a folder, or the URL of a repository, and what is refused before Git sees it."""

import ipaddress
import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, unquote, urlsplit

from sync.errors import SourceError

LOGIN_FIX = "give the token through the environment or a file (SYNC_GIT_TOKEN, SYNC_GIT_TOKEN_FILE), never in the URL"


class Transport(StrEnum):
    """How a repository is reached; the value of a remote one is Git's name of the protocol."""

    FOLDER = "folder"
    FILE = "file"
    HTTPS = "https"
    HTTP = "http"
    SSH = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A source that was checked: `address` is safe to give to Git and safe to print.

    `folder` is the path on this machine, for a folder and a `file://` URL.
    """

    transport: Transport
    address: str
    folder: str = ""


DEFAULT_PORTS: dict[str, int] = {Transport.HTTPS: 443, Transport.HTTP: 80, Transport.SSH: 22}

SCP_FORM = re.compile(r"(?:(?P<user>[^@:/]+)@)?(?P<host>\[[^]/]+\]|[^@:/\[\]]+):(?P<path>.+)", re.DOTALL)
"""`git@host:path`: a colon before the first slash, as Git itself tells it from a folder (git-clone(1), GIT URLS)."""

SCP_PASSWORD = re.compile(r"[^/]*@[^/]*:")
"""What the path of an scp form begins with when somebody wrote `user:password@host:path`."""

PROTOCOLS_FIX = "use a folder, or a file://, https:// or ssh:// URL"


def parse_location(text: str) -> Location:
    """The folder or repository that `text` names.

    Raises SourceError, which never repeats credentials, for every form that could make Git run a command, read an
    option, talk without encryption, or put a password where it is logged.
    """
    if not text:
        raise SourceError("no source is given", fix=PROTOCOLS_FIX)
    refuse_unsafe_text(text, "source")
    if re.match(r"[A-Za-z0-9+.-]+::", text):
        raise _refused(text, "remote helpers such as ext:: run commands and are not allowed", PROTOCOLS_FIX)
    if "://" in text:
        return _parse_url(text)
    if match := SCP_FORM.fullmatch(text):
        return _parse_scp_form(text, match)
    return Location(transport=Transport.FOLDER, address=text, folder=text)


def refuse_unsafe_text(text: str, what: str) -> None:
    """Nothing, or SourceError where `text` could be taken for an option or break a line, also once `%0a` is decoded."""
    if text.startswith("-"):
        fix = "put ./ before it if it is a folder" if what == "source" else "give a branch, a tag or a commit"
        raise _refused(text, f"a {what} cannot begin with a dash", fix)
    if re.search(r"[\x00-\x1f\x7f]", text + unquote(text)):
        raise _refused(text, f"the {what} holds a control character or a line break", "remove it")


def without_credentials(text: str) -> str:
    """`text` with logins, queries and control characters blanked, for messages about sources that are refused."""
    if "://" in text:
        text = re.sub(r"(?<=://).*@", "***@", text, flags=re.DOTALL)
        text = re.sub(r"[?#].*", "?***", text, flags=re.DOTALL)
    else:
        text = re.sub(r"^[^/@]*:[^@]*@", "***@", text)
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\N{REPLACEMENT CHARACTER}", text)


def normalised_location(location: str) -> str:
    """One spelling for all the ways to write a source, to tell whether two are the same one; never holds credentials.

    Lower-case scheme and host, no default port, no trailing `/`, `.git` or `/.git`, `git@host:path` as
    `ssh://git@host/path`, an absolute folder as `file:///folder`, a relative one as `./folder`. A source that
    `parse_location` refuses comes back as it is, less its credentials.
    """
    try:
        parsed = parse_location(location)
    except SourceError:
        return without_credentials(location)
    if parsed.folder:
        folder = re.sub("^/+", "/", posixpath.normpath(parsed.folder))
        if not folder.startswith("/"):
            return f"./{_without_git_suffix(folder) or '.'}"
        return f"file://{quote(_without_git_suffix(folder), errors='surrogateescape')}"
    scp_form = None if "://" in location else SCP_FORM.fullmatch(location)
    user = f"{scp_form['user']}@" if scp_form and scp_form["user"] else ""
    path = quote(scp_form["path"], safe="/%~:@+,;=", errors="surrogateescape") if scp_form else ""
    parts = urlsplit(f"ssh://{user}{scp_form['host']}/{path}" if scp_form else parsed.address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    user = f"{parts.username}@" if parts.username else ""
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{user}{host}{port}{_without_git_suffix(re.sub('/{2,}', '/', parts.path))}"


def _without_git_suffix(path: str) -> str:
    return re.sub(r"(?:/|\.git)+$", "", path)


def _parse_url(text: str) -> Location:
    scheme, _, rest = text.partition("://")
    scheme = scheme.lower()
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        has_password = parts.password is not None
        port_is_bad = parts.port == 0
    except ValueError:
        raise _refused(text, "this is not a valid URL", PROTOCOLS_FIX) from None
    if has_password or ("@" in parts.netloc and scheme != Transport.SSH):
        raise _refused(text, "a URL must not hold a user name or a password", LOGIN_FIX)
    check = URL_CHECKS.get(scheme)
    if check is None:
        raise _refused(text, f"the protocol {scheme}:// is not allowed", PROTOCOLS_FIX)
    if port_is_bad or "\\" in text or any(character.isspace() for character in parts.netloc):
        raise _refused(text, "this is not a valid URL", PROTOCOLS_FIX)
    return check(text, parts)


def _file_location(text: str, parts: SplitResult) -> Location:
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise _refused(text, "a file:// URL names no host", "write three slashes: file:///absolute/folder")
    _refuse_query(text, parts)
    return Location(transport=Transport.FILE, address=f"file://{parts.path}", folder=unquote(parts.path))


def _http_location(text: str, parts: SplitResult) -> Location:
    _refuse_query(text, parts)
    _refuse_strange_host(text, parts.hostname or "")
    if parts.scheme == Transport.HTTP and not _is_loopback(parts.hostname or ""):
        raise _refused(text, "plain http:// is allowed for loopback addresses only", "use https://")
    return Location(transport=Transport(parts.scheme), address=parts.geturl())


def _ssh_location(text: str, parts: SplitResult) -> Location:
    _refuse_query(text, parts)
    _refuse_strange_host(text, parts.hostname or "", parts.username or "")
    if not parts.path.strip("/"):
        raise _refused(text, "the URL names no repository", "write ssh://user@host/path/of/repository")
    return Location(transport=Transport.SSH, address=parts.geturl())


URL_CHECKS = {
    Transport.FILE.value: _file_location,
    Transport.HTTPS.value: _http_location,
    Transport.HTTP.value: _http_location,
    Transport.SSH.value: _ssh_location,
}


def _parse_scp_form(text: str, match: re.Match[str]) -> Location:
    if SCP_PASSWORD.match(match["path"]):
        raise _refused(text, "a source must not hold a password", "write user@host:path and give a key file")
    _refuse_strange_host(text, match["host"].strip("[]"), match["user"] or "")
    if match["path"].startswith("-"):
        raise _refused(text, "the path of the repository cannot begin with a dash", "write ./ before it")
    return Location(transport=Transport.SSH, address=text)


def _refuse_strange_host(text: str, host: str, user: str = "") -> None:
    # ssh gets both as arguments: a dash would be an option (CVE-2017-1000117), a percent sign could hide one.
    if not re.fullmatch(r"(?:[A-Za-z0-9_][A-Za-z0-9._-]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)", host):
        raise _refused(text, "the URL names no valid host", PROTOCOLS_FIX)
    if user and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", user):
        raise _refused(text, "the URL names no valid user", "use letters, digits, dots, dashes and underscores")


def _refuse_query(text: str, parts: SplitResult) -> None:
    if parts.query or parts.fragment:
        raise _refused(text, "the URL of a repository has no ? or # part", f"remove it; {LOGIN_FIX}")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refused(text: str, message: str, fix: str) -> SourceError:
    return SourceError(message, where=without_credentials(text), fix=fix)
