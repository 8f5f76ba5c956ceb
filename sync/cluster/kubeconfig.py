"""kubeconfig files → how to reach a cluster and log in to it (kubeconfig v1, merged as kubectl 1.37 merges it)."""

import base64
import binascii
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sync.cluster.place import ClusterAddress, ExecPlugin, KubeContext, Login
from sync.errors import UsageError
from sync.model.problem import dotted
from sync.model.types import Flag, Text
from sync.model.wording import did_you_mean


def _kebab(name: str) -> str:
    return name.replace("_", "-")


_KEBAB = ConfigDict(alias_generator=_kebab, extra="ignore")
_CAMEL = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    __pydantic_config__: ClassVar[ConfigDict] = _KEBAB
    server: Text = ""
    certificate_authority: Text = ""
    certificate_authority_data: Text = ""
    tls_server_name: Text = ""
    insecure_skip_tls_verify: Flag = False
    proxy_url: Text = ""
    disable_compression: Flag = False
    extensions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variable:
    __pydantic_config__: ClassVar[ConfigDict] = _CAMEL
    name: Text
    value: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exec:
    __pydantic_config__: ClassVar[ConfigDict] = _CAMEL
    command: Text
    api_version: Annotated[Text, Field(alias="apiVersion")] = ""
    args: tuple[Text, ...] = ()
    env: tuple[_Variable, ...] = ()
    install_hint: Annotated[Text, Field(alias="installHint")] = ""
    provide_cluster_info: Annotated[Flag, Field(alias="provideClusterInfo")] = False
    interactive_mode: Annotated[Literal["", "Never", "IfAvailable", "Always"], Field(alias="interactiveMode")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    __pydantic_config__: ClassVar[ConfigDict] = _KEBAB
    token: Text = field(default="", repr=False)
    token_file: Annotated[Text, Field(alias="tokenFile")] = ""
    client_certificate: Text = ""
    client_certificate_data: Text = ""
    client_key: Text = ""
    client_key_data: Text = field(default="", repr=False)
    exec: _Exec | None = None
    username: Text = ""
    password: Text = field(default="", repr=False)
    auth_provider: object | None = field(default=None, repr=False)
    impersonate: Annotated[Text, Field(alias="as")] = ""
    impersonate_uid: Annotated[Text, Field(alias="as-uid")] = ""
    impersonate_groups: Annotated[tuple[Text, ...], Field(alias="as-groups")] = ()
    impersonate_extra: Annotated[Mapping[str, Any], Field(alias="as-user-extra")] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    __pydantic_config__: ClassVar[ConfigDict] = _KEBAB
    cluster: Text = ""
    user: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _NamedCluster:
    name: Text
    cluster: _Cluster = field(default_factory=_Cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NamedUser:
    name: Text
    user: _User = field(default_factory=_User)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NamedContext:
    name: Text
    context: _Context = field(default_factory=_Context)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Config:
    """One file."""

    __pydantic_config__: ClassVar[ConfigDict] = _KEBAB
    current_context: Text = ""
    clusters: tuple[_NamedCluster, ...] = ()
    users: tuple[_NamedUser, ...] = ()
    contexts: tuple[_NamedContext, ...] = ()


Named = TypeVar("Named", _NamedCluster, _NamedUser, _NamedContext)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An entry and the file that holds it, to whose folder its relative paths belong."""

    entry: Any
    file: Path

    def path(self, text: str) -> Path:
        """A path as the file means it."""
        return self.file.parent / Path(text).expanduser()


def read_kubeconfig(files: Sequence[Path], context: str = "") -> KubeContext:
    """The context of that name, or the current one. Raises UsageError, which names file and field and no secret.

    Of several files the first one that has an entry of a name counts, as a whole, and the first `current-context`
    (kubectl 1.37). Files that are empty are skipped.
    """
    configs = [(file, config) for file in files if (config := _read(file)) is not None]
    if not configs:
        raise UsageError(f"there is no kubeconfig in {_listed(files)}", fix="name one with --kubeconfig FILE")
    name = context or next((config.current_context for _, config in configs if config.current_context), "")
    if not name:
        raise UsageError(f"{_listed(files)} has no current-context", fix="choose a context with --kube-context NAME")
    contexts = _by_name((file, config.contexts) for file, config in configs)
    chosen = _entry(contexts, name, "context", files)
    cluster = _entry(
        _by_name((file, config.clusters) for file, config in configs), chosen.entry.context.cluster, "cluster", files
    )
    user_name = chosen.entry.context.user
    users = _by_name((file, config.users) for file, config in configs)
    user = _entry(users, user_name, "user", files) if user_name else None
    return KubeContext(
        name=name,
        address=_address(cluster),
        login=_login(user) if user else Login(),
        origin=str(chosen.file),
    )


def _read(file: Path) -> _Config | None:
    """The content of a file; None where it is empty."""
    try:
        text = file.read_bytes()
    except OSError as error:
        fix = "check --kubeconfig (SYNC_KUBECONFIG) or KUBECONFIG, and the rights of the file"
        raise UsageError(f"the kubeconfig cannot be read: {error.strerror}", where=str(file), fix=fix) from None
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UsageError(
            "the kubeconfig is not valid YAML", where=f"{file}{line}", fix="correct the syntax at this place"
        ) from None
    if content is None:
        return None
    try:
        return TypeAdapter(_Config).validate_python(_without_nulls(content))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise UsageError(
            f"{dotted(first['loc']) or 'the file'}: {first['msg'].lower()}",
            where=str(file),
            fix="correct the kubeconfig",
        ) from None


def _without_nulls(value: Any) -> Any:
    """An empty list may stand there as `users: null`."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _by_name(found: Iterable[tuple[Path, Sequence[Named]]]) -> Mapping[str, _Found]:
    entries: dict[str, _Found] = {}
    for file, named in found:
        for entry in named:
            entries.setdefault(entry.name, _Found(entry=entry, file=file))
    return entries


def _entry(entries: Mapping[str, _Found], name: str, what: str, files: Sequence[Path]) -> _Found:
    if name not in entries:
        raise UsageError(
            f'{_listed(files)} has no {what} "{name}"',
            fix=did_you_mean(name, sorted(entries)) or f"add the {what}, or correct its name",
        )
    return entries[name]


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(map(str, files)) or "the environment"


# --- clusters ---------------------------------------------------------------------------------------------------------


def _address(found: _Found) -> ClusterAddress:
    cluster: _Cluster = found.entry.cluster
    where = f'{found.file}: cluster "{found.entry.name}"'
    if cluster.insecure_skip_tls_verify:
        raise UsageError(
            "insecure-skip-tls-verify would send the login to whoever answers",
            where=where,
            fix="remove it, and give certificate-authority-data (tls-server-name if the certificate has another name)",
        )
    return ClusterAddress(
        server=_server(cluster.server, where),
        authority=_bytes(
            found, "certificate-authority", cluster.certificate_authority_data, cluster.certificate_authority, where
        ),
        tls_server_name=cluster.tls_server_name,
        proxy_url=cluster.proxy_url,
        is_packed=not cluster.disable_compression,
        plugin_settings=next((each.get("extension") for each in cluster.extensions if each.get("name") == _EXEC), None),
    )


_EXEC = "client.authentication.k8s.io/exec"


def _server(text: str, where: str) -> str:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise UsageError("server is not a URL", where=where, fix="write it as https://HOST:PORT") from None
    if url.username or url.password:
        raise UsageError("server contains a login", where=where, fix="remove it from the URL")
    if not url.hostname or url.scheme not in ("http", "https"):
        raise UsageError("server is not a URL of https", where=where, fix="write it as https://HOST:PORT")
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise UsageError("server is plain http, which would send the login unencrypted", where=where, fix="use https")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- users ------------------------------------------------------------------------------------------------------------


def _login(found: _Found) -> Login:
    user: _User = found.entry.user
    where = f'{found.file}: user "{found.entry.name}"'
    if user.impersonate or user.impersonate_uid or user.impersonate_groups or user.impersonate_extra:
        raise UsageError(
            "as: would act with the rights of another user, and is not supported",
            where=where,
            fix="log in as a user that has the rights itself, such as a service account",
        )
    if user.auth_provider is not None:
        raise UsageError(
            "auth-provider was removed from Kubernetes 1.26", where=where, fix="use an exec plugin for this login"
        )
    if user.username or user.password:
        raise UsageError(
            "API servers take no user name and password since Kubernetes 1.19",
            where=where,
            fix="use a token or a certificate",
        )
    certificate = _bytes(found, "client-certificate", user.client_certificate_data, user.client_certificate, where)
    key = _bytes(found, "client-key", user.client_key_data, user.client_key, where)
    if bool(certificate) is not bool(key):
        raise UsageError("client-certificate and client-key need each other", where=where, fix="give both")
    return Login(
        token="" if user.token_file else user.token.strip(),  # kubectl takes the file where both are given
        token_file=found.path(user.token_file) if user.token_file else None,
        certificate=certificate,
        key=key,
        plugin=_plugin(found, user.exec, where) if user.exec else None,
    )


_PLUGIN_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


def _plugin(found: _Found, given: _Exec, where: str) -> ExecPlugin:
    if given.api_version not in _PLUGIN_VERSIONS:
        raise UsageError(
            f'exec.apiVersion "{given.api_version}" is not supported',
            where=where,
            fix=f"use {' or '.join(_PLUGIN_VERSIONS)}",
        )
    if given.api_version == _PLUGIN_VERSIONS[0] and not given.interactive_mode:
        raise UsageError("exec.interactiveMode is required", where=where, fix="write interactiveMode: Never")
    if given.interactive_mode == "Always":
        raise UsageError(
            "exec.interactiveMode is Always, and nobody can answer a plugin here",
            where=where,
            fix="use a login for machines",
        )
    has_folder = "/" in given.command
    return ExecPlugin(
        command=str(found.path(given.command)) if has_folder else given.command,
        arguments=given.args,
        environment={each.name: each.value for each in given.env},
        api_version=given.api_version,
        knows_cluster=given.provide_cluster_info,
        install_hint=given.install_hint.strip(),
        where=where,
    )


def _bytes(found: _Found, name: str, data: str, path: str, where: str) -> bytes:
    """What `NAME-data` holds, or else the file of `NAME`; empty where neither is given."""
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise UsageError(f"{name}-data is not base64", where=where, fix="copy it again") from None
    if not path:
        return b""
    file = found.path(path)
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{name} {file} cannot be read: {error.strerror}", where=where) from None
