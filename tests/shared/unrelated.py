"""Files of other programs, as real repositories have them around the manifests that are read: a seeded generator.

Each project below is one such program. Its files are those that people commit: also with tags, templates, comments,
encodings and line ends that a strict reader of manifests trips over.
"""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from textwrap import dedent, indent

Files = Mapping[str, str | bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Files of one program. Those of a `quiet` one plainly deserve no warning: they are sound manifests, or empty."""

    make: Callable[[random.Random, int], Files]
    is_quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnrelatedTree:
    """Generated files by their path, and the paths of those that plainly deserve no warning."""

    files: Mapping[str, bytes]
    quiet: frozenset[str]


def unrelated_tree(count: int, *, seed: int = 1, with_bundles: bool = True) -> UnrelatedTree:
    """At least `count` files (a project's files stay together), the same ones for the same seed.

    `with_bundles` says whether generated files of a megabyte are among them.
    """
    chance = random.Random(seed)  # noqa: S311 - no secrets, the same files each time
    files: dict[str, bytes] = {}
    quiet: set[str] = set()
    for number, (name, project) in enumerate(cycle(PROJECTS.items())):
        if len(files) >= count:
            return UnrelatedTree(files=files, quiet=frozenset(quiet))
        made = {f"other/{name}-{number}/{path}": text for path, text in project.make(chance, number).items()}
        files |= {path: text if isinstance(text, bytes) else text.encode() for path, text in made.items()}
        quiet |= made.keys() if project.is_quiet else set()
        if with_bundles and number in _BUNDLES_AT:
            path = f"vendor/bundle-{number}/crds.yaml"
            files[path] = crd_bundle(chance, 1_000_000).encode()
            quiet.add(path)
    raise AssertionError("unreachable: the projects are gone through again and again")


_BUNDLES_AT = (10, 200)


# --- sound manifests of other programs --------------------------------------------------------------------------------


_WORDS = ("shop", "mail", "search", "billing", "ledger", "stock", "login", "media", "audit", "chat", "maps", "queue")


def _name(chance: random.Random, number: int) -> str:
    return f"{chance.choice(_WORDS)}-{number}"


def _text(template: str, **values: object) -> str:
    """A text without its common indentation, with `%name%` replaced."""
    text = dedent(template).lstrip("\n")
    for name, value in values.items():
        text = text.replace(f"%{name}%", str(value))
    return text


def _container(chance: random.Random) -> str:
    variables = "".join(
        f"- name: OPTION_{number}\n  value: {chance.choice(['on', 'off', '0123', 'a: b'])!r}\n"
        for number in range(chance.randint(2, 30))
    )
    return (
        f"- name: main\n  image: registry.example.com/team/app:{chance.randint(1, 9)}.{chance.randint(0, 30)}\n"
        "  ports:\n    - name: http\n      containerPort: 8080\n      protocol: TCP\n"
        "  livenessProbe:\n    httpGet: {path: /healthz, port: http}\n    periodSeconds: 10\n"
        "  resources:\n    requests: {cpu: 100m, memory: 128Mi}\n    limits: {memory: 512Mi}\n"
        f"  env:\n{indent(variables, '    ')}"
    )


def _deployment(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: %name%
          labels: &labels
            app.kubernetes.io/name: %name%
            app.kubernetes.io/part-of: platform
        spec:
          replicas: %replicas%
          selector:
            matchLabels: *labels
          template:
            metadata:
              labels: *labels
              annotations: {prometheus.io/scrape: "true"}
            spec:
              containers:
        """,
        name=_name(chance, number),
        replicas=chance.randint(1, 9),
    )
    return {"deployment.yaml": text + indent(_container(chance), " " * 8)}


def _stateful_set(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        ---
        # The service that gives each member its name.
        apiVersion: v1
        kind: Service
        metadata:
          name: %name%
          namespace: data
          labels: {app: %name%}
        spec:
          clusterIP: None
          selector: {app: %name%}
          ports:
            - {name: client, port: 9042}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: %name%, namespace: data}
        spec:
          serviceName: %name%
          selector: {matchLabels: {app: %name%}}
          volumeClaimTemplates:
            - metadata: {name: data}
              spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}
          template:
            metadata: {labels: {app: %name%}}
            spec:
              containers:
        """,
        name=_name(chance, number),
    )
    return {"stateful-set.yml": text + indent(_container(chance), " " * 8) + "...\n"}


def _rendered_service(chance: random.Random, number: int) -> Files:
    """What `helm template` prints: a Service for each environment under the same name, without a namespace."""
    text = _text(
        """
        ---
        # Source: %name%/templates/service.yaml
        apiVersion: v1
        kind: Service
        metadata:
          name: %name%
          labels: {helm.sh/chart: "%name%-1.%number%.0", app.kubernetes.io/managed-by: Helm}
        spec:
          type: ClusterIP
          ports:
            - {port: 80, targetPort: http, protocol: TCP, name: http}
          selector: {app.kubernetes.io/name: %name%}
        """,
        name=_name(chance, number),
        number=number,
    )
    return {"rendered/service.yaml": text}


def _service_account(chance: random.Random, number: int) -> Files:
    rules = "".join(
        f"- apiGroups: [{group!r}]\n  resources: [{chance.choice(['pods', 'services', 'nodes', 'jobs'])}]\n"
        "  verbs: [get, list, watch]\n"
        for group in chance.sample(["", "apps", "batch", "networking.x-k8s.io", "ako.vmware.com"], 3)
    )
    name = _name(chance, number)
    head = _text(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: %name%, namespace: platform}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: %name%}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %name%}
        subjects:
          - {kind: ServiceAccount, name: %name%, namespace: platform}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: %name%}
        rules:
        """,
        name=name,
    )
    return {"rbac.yaml": head + indent(rules, "  ")}


def _config_map(chance: random.Random, number: int) -> Files:
    lines = "".join(f"location /{word}/ {{ proxy_pass http://{word}; }}\n" for word in chance.sample(_WORDS, 6))
    text = _text(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: %name%
          namespace: web
        data:
          alert.tmpl: |
            {{ define "title" }}{{ if .Values }}{{ range .Alerts }}{{ .Labels.alertname }}{{ end }}{{ end }}{{ end }}
          example.yaml: |
            apiVersion: networking.x-k8s.io/v1alpha1
            kind: Gateway
            metadata: {name: only-an-example}
          nginx.conf: |
        """,
        name=_name(chance, number),
    )
    return {"config.yaml": text + indent(lines, "    ")}


def _ingress(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: %name%
          annotations:
            cert-manager.io/cluster-issuer: letsencrypt
            nginx.ingress.kubernetes.io/configuration-snippet: |
              more_set_headers "X-Frame-Options: DENY";
        spec:
          ingressClassName: nginx
          tls: [{hosts: ["%name%.example.com"], secretName: %name%-tls}]
          rules:
            - host: "%name%.example.com"
              http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: %name%}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """,
        name=_name(chance, number),
    )
    return {"ingress.yaml": text}


def _istio(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: networking.istio.io/v1beta1
        kind: Gateway
        metadata: {name: %name%, namespace: istio-system}
        spec:
          selector: {istio: ingressgateway}
          servers:
            - port: {number: 443, name: https, protocol: HTTPS}
              tls: {mode: SIMPLE, credentialName: %name%}
              hosts: ["*.example.com"]
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: %name%}
        spec:
          gateways: [istio-system/%name%]
          http: [{route: [{destination: {host: web}}]}]
        ---
        apiVersion: networking.istio.io/v1beta1
        kind: ServiceEntry
        metadata: {name: %name%}
        spec: {hosts: [api.example.org], location: MESH_EXTERNAL}
        """,
        name=_name(chance, number),
    )
    return {"gateway.yaml": text}


def _knative(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: serving.knative.dev/v1
        kind: Service
        metadata: {name: %name%}
        spec:
          template:
            spec:
              containers:
        """,
        name=_name(chance, number),
    )
    return {"service.yaml": text + indent(_container(chance), " " * 8)}


def _http_route(chance: random.Random, number: int) -> Files:
    """What our groups have for layer 7: worth one warning for each file."""
    name = _name(chance, number)
    text = _text(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: %name%}
        spec:
          parentRefs: [{name: edge}]
          rules: [{backendRefs: [{name: web, port: 80}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1beta1
        kind: ReferenceGrant
        metadata: {name: %name%}
        spec: {from: [], to: []}
        """,
        name=name,
    )
    return {
        "route.yaml": text,
        "akos-own.yaml": f"apiVersion: ako.vmware.com/v1beta1\nkind: HostRule\nmetadata: {{name: {name}}}\n"
        "spec: {virtualhost: {fqdn: a.example.com}}\n",
    }


def _edge_gateways(chance: random.Random, number: int) -> Files:
    """The successor of our Gateways, several in one file: worth one warning."""
    text = "---\n".join(
        _text(
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: %kind%
            metadata: {name: %name%, namespace: edge}
            spec: {gatewayClassName: cilium, listeners: [{name: http, port: 80, protocol: HTTP}]}
            """,
            kind=kind,
            name=f"{_name(chance, number)}-{position}",
        )
        for position, kind in enumerate(("GatewayClass", "Gateway", "Gateway", "HTTPRoute"))
    )
    return {"edge.yaml": text}


def _schema(chance: random.Random, depth: int) -> dict[str, object]:
    if depth == 0:
        kind = chance.choice(["string", "integer", "boolean"])
        return {"type": kind, "description": "What this says is written in the documentation of the operator."}
    names = (f"{word}{position}" for position, word in enumerate(chance.sample(_WORDS, 4)))
    return {"type": "object", "properties": {name: _schema(chance, depth - 1) for name in names}}


def _as_yaml(value: object, depth: int = 0) -> str:
    """Block style, as generators of Go print it; much faster than PyYAML's writer."""
    margin = "  " * depth
    if isinstance(value, dict):
        return "".join(
            f"{margin}{key}:\n{_as_yaml(item, depth + 1)}" if isinstance(item, dict) else f"{margin}{key}: {item}\n"
            for key, item in value.items()
        )
    return f"{margin}{value}\n"


def _crd(chance: random.Random, name: str, depth: int) -> str:
    head = _text(
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          annotations: {controller-gen.kubebuilder.io/version: v0.14.0}
          name: %name%s.example.com
        spec:
          group: example.com
          names: {kind: Gateway, listKind: GatewayList, plural: %name%s, singular: %name%}
          scope: Namespaced
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema:
        """,
        name=name,
    )
    return head + _as_yaml(_schema(chance, depth), 9)


def _crds(chance: random.Random, number: int) -> Files:
    return {"crds/crd.yaml": _crd(chance, f"widget{number}", 2)}


def crd_bundle(chance: random.Random, size: int) -> str:
    """Definitions of about that many bytes, as operators ship them."""
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(_crd(chance, f"bundle{len(parts)}", 4))
    return "---\n".join(parts)


def _prometheus(chance: random.Random, number: int) -> Files:
    alerts = "".join(
        f'- alert: {word}Down\n  expr: up{{job="{word}"}} == 0\n  for: 5m\n  annotations:\n'
        "    summary: '{{ $labels.instance }} is down'\n"
        "    description: '{{ with query \"up\" }}{{ . | first | value }}{{ end }} {{ if true }}x{{ end }}'\n"
        for word in chance.sample(_WORDS, 5)
    )
    head = _text(
        """
        apiVersion: monitoring.coreos.com/v1
        kind: PrometheusRule
        metadata: {name: %name%, labels: {release: monitoring}}
        spec:
          groups:
            - name: %name%
              rules:
        """,
        name=_name(chance, number),
    )
    return {"rules.yaml": head + indent(alerts, " " * 8)}


def _sops(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: v1
        kind: Secret
        metadata:
            name: %name%
        type: Opaque
        stringData:
            password: ENC[AES256_GCM,data:%data%,iv:abc=,tag:def==,type:str]
        sops:
            kms: []
            age:
                - recipient: age1%data%
                  enc: |
                    -----BEGIN AGE ENCRYPTED FILE-----
                    %data%
                    -----END AGE ENCRYPTED FILE-----
            lastmodified: "2025-01-01T00:00:00Z"
            mac: ENC[AES256_GCM,data:%data%,type:str]
            encrypted_regex: ^(data|stringData)$
            version: 3.8.1
        """,
        name=_name(chance, number),
        data=chance.randbytes(24).hex(),
    )
    return {"secret.enc.yaml": text}


def _flux(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: source.toolkit.fluxcd.io/v1
        kind: GitRepository
        metadata: {name: %name%, namespace: flux-system}
        spec: {interval: 1m, url: "https://git.example.com/%name%", ref: {branch: main}}
        ---
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata: {name: %name%, namespace: flux-system}
        spec:
          interval: 10m
          path: ./other/flux-%number%/apps
          prune: true
          targetNamespace: %name%
          sourceRef: {kind: GitRepository, name: flux-system}
        ---
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        metadata: {name: %name%}
        spec:
          chart: {spec: {chart: redis, sourceRef: {kind: HelmRepository, name: bitnami}}}
          values:
            service: {type: LoadBalancer, annotations: {ako.vmware.com/enable-shared-vip: x}}
        """,
        name=_name(chance, number),
        number=number,
    )
    return {"sync.yaml": text}


def _argo(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        apiVersion: argoproj.io/v1alpha1
        kind: ApplicationSet
        metadata: {name: %name%, namespace: argocd}
        spec:
          goTemplate: true
          generators: [{list: {elements: [{cluster: one}, {cluster: two}]}}]
          template:
            metadata: {name: "{{ .cluster }}-%name%"}
            spec:
              project: default
              source: {repoURL: "https://git.example.com/x", path: "{{ if .path }}{{ .path }}{{ end }}"}
              destination: {name: "{{ .cluster }}", namespace: shop}
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: %name%}
        spec: {project: default}
        """,
        name=_name(chance, number),
    )
    return {"application.yaml": text}


def _listing_kustomization(chance: random.Random, number: int) -> Files:
    name = _name(chance, number)
    service = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n"
    return {
        "kustomization.yaml": "resources:\n  - service.yaml\n  - https://example.com/base?ref=v1\n",
        "service.yaml": service,
    }


def _renaming_kustomization(chance: random.Random, number: int) -> Files:
    """An overlay that names its own manifests otherwise, of which none is ours."""
    name = _name(chance, number)
    return {
        "overlay/kustomization.yaml": _text(
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            namespace: %name%
            namePrefix: dev-
            resources: [../base]
            configMapGenerator: [{name: options, literals: [A=1]}]
            images: [{name: nginx, newTag: "1.25"}]
            """,
            name=name,
        ),
        "base/kustomization.yaml": "resources: [all.yaml]\n",
        "base/all.yaml": f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n---\n"
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n",
    }


def _namespaces(chance: random.Random, number: int) -> Files:
    """The same Namespace for two clusters, with other labels in each."""
    name = _name(chance, number)
    return {
        f"{cluster}/namespace.yaml": f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"
        f"  labels: {{pod-security.kubernetes.io/enforce: {level}}}\n"
        for cluster, level in (("dev", "baseline"), ("prod", "restricted"))
    }


def _empty(chance: random.Random, number: int) -> Files:
    return {
        "empty.yaml": "",
        "comments.yaml": "# To be written.\n#\n# kind: Gateway was here once.\n",
        "separators.yml": "---\n---\n# nothing\n---\n",
        "null.json": "null\n",
        "blank.yaml": "\r\n  \r\n",
        "marked.yaml": b"\xef\xbb\xbf",
    }


def _windows(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        # Büro
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: %name%
        data:
          greeting: "Grüße"
        """,
        name=_name(chance, number),
    ).replace("\n", "\r\n")
    return {
        "utf-16.yaml": text.encode("utf-16"),
        "marked.yaml": text.encode("utf-8-sig"),
        "crlf.yaml": text,
    }


def _pods(chance: random.Random, number: int) -> Files:
    """A bundle of small things in a List, in JSON, as `kubectl get -o json` prints it."""
    name = _name(chance, number)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{name}-debug", "namespace": "platform"},
        "spec": {"containers": [{"name": "shell", "image": "busybox", "command": ["sleep", "3600"]}]},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"a": "YQ=="}}
    return {"list.json": json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod, secret]}, indent="\t")}


def _knowing_anchors(chance: random.Random, number: int) -> Files:
    """Anchors of one name in several documents and twice in one, and merge keys."""
    jobs = "---\n".join(
        _text(
            """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: %name%, labels: &labels {app: %name%}}
            spec:
              schedule: "*/5 * * * *"
              jobTemplate:
                metadata: &again {labels: *labels}
                spec: {template: {metadata: &again {labels: {<<: *labels, tier: back}}}}
              other: *again
            """,
            name=f"{_name(chance, number)}-{position}",
        )
        for position in range(3)
    )
    return {"jobs.yaml": jobs}


# --- files that are no manifests --------------------------------------------------------------------------------------


def _chart(chance: random.Random, number: int) -> Files:
    name = _name(chance, number)
    values = "".join(f"option{position}:\n  enabled: {chance.choice(['on', 'off'])}\n" for position in range(20))
    labels = '{{- include "app.labels" . | nindent 4 }}'
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies:\n  - {{name: cache, version: 1}}\n",
        "values.yaml": f"service:\n  type: LoadBalancer\n  port: 80\nimage: &image {{tag: latest}}\n{values}",
        "values-prod.yaml": "service: {type: ClusterIP}\nreplicas: 3\n",
        "values.schema.json": json.dumps({"$schema": "https://json-schema.org/draft-07/schema#", "type": "object"}),
        "templates/service.yaml": _text(
            """
            {{- if .Values.service.enabled }}
            apiVersion: v1
            kind: Service
            metadata:
              name: {{ include "app.fullname" . }}
              labels:
                %labels%
            spec:
              type: {{ .Values.service.type | default "LoadBalancer" }}
              ports:
                {{- range .Values.service.ports }}
                - port: {{ .port }}
                {{- end }}
            {{- end }}
            """,
            labels=labels,
        ),
        "templates/quoted.yaml": 'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\n'
        'spec: {type: "{{ .Values.service.type }}", ports: [{port: 80}]}\n',
        "templates/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: '{{ .Values.namespace }}'}\n",
        "templates/gateway.yaml": "{{ if .Values.gateway }}\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
        "metadata: {name: x}\n{{ end }}\n",
        "templates/tests/test-connection.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n"
        '  name: "{{ include "app.fullname" . }}-test"\nspec: {containers: []}\n',
        "charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 1.0.0\n",
        "charts/cache/values.yaml": "size: 1Gi\n",
        "charts/cache/templates/all.yaml": "{{- range $name, $x := .Values.all }}\n---\nkind: Service\n"
        "apiVersion: v1\nspec: {type: LoadBalancer}\n{{- end }}\n",
        "ci/test-values.yaml": "replicas: 1\n",
    }


def _ansible(chance: random.Random, number: int) -> Files:
    name = _name(chance, number)
    secret = "\n".join(" " * 10 + chance.randbytes(40).hex() for _ in range(6))
    tasks = "".join(
        f"- name: install {word}\n  ansible.builtin.package:\n    name: {word}\n    state: present\n"
        f'  when: {word}_enabled | bool\n  notify: restart {word}\n  tags: ["{word}"]\n'
        for word in chance.sample(_WORDS, 8)
    )
    return {
        "site.yml": f"---\n- hosts: {name}\n  become: yes\n  vars_files: [vars/main.yml]\n  roles:\n    - role: web\n"
        '      port: "{{ web_port }}"\n',
        "roles/web/tasks/main.yml": "---\n" + tasks,
        "roles/web/handlers/main.yml": "---\n- name: restart web\n  service: {name: web, state: restarted}\n",
        "roles/web/defaults/main.yml": "---\nweb_port: 0644\nweb_mode: '0755'\n",
        "roles/web/meta/main.yml": "galaxy_info: {author: me, platforms: [{name: EL, versions: [8, 9]}]}\n",
        "roles/web/tasks/k8s.yml": _text(
            """
            - name: create the service
              kubernetes.core.k8s:
                definition:
                  apiVersion: v1
                  kind: Service
                  metadata: {name: "{{ item }}", namespace: web}
                  spec: {type: LoadBalancer, ports: [{port: "{{ port }}"}]}
              loop: "{{ services }}"
            """
        ),
        "inventory/hosts.yml": "all:\n  hosts:\n    web1.example.com:\n    web2.example.com:\n  vars:\n"
        f"    password: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n{secret}\n    raw: !unsafe '{{{{ x }}}}'\n",
        "group_vars/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n" + "\n".join(chance.randbytes(40).hex() for _ in range(9)),
        "requirements.yml": "collections:\n  - name: kubernetes.core\n    version: 2.4.0\n",
    }


def _cloud_formation(chance: random.Random, number: int) -> Files:
    text = _text(
        """
        AWSTemplateFormatVersion: 2010-09-09
        Description: %name%
        Conditions:
          IsProd: !Equals [!Ref Stage, prod]
        Resources:
          Bucket:
            Type: AWS::S3::Bucket
            Properties:
              BucketName: !Sub "${AWS::StackName}-%name%"
              Tags: !If [IsProd, [{Key: a, Value: b}], !Ref "AWS::NoValue"]
          Role:
            Type: AWS::IAM::Role
            Metadata: {kind: Service}
            Properties:
              Arn: !GetAtt Bucket.Arn
              Policy: !Join ["", [!ImportValue base, "/x"]]
        """,
        name=_name(chance, number),
    )
    return {"template.yaml": text}


def _ci(chance: random.Random, number: int) -> Files:
    jobs = "".join(
        f"{word}:\n  stage: test\n  needs: [build]\n  script:\n    - !reference [.setup, script]\n"
        f"    - make {word}\n  rules: !reference [.rules, rules]\n"
        for word in chance.sample(_WORDS, 6)
    )
    return {
        "gitlab/.gitlab-ci.yml": jobs,
        "gitlab/jobs.gitlab-ci.yml": ".setup:\n  script: [echo]\n" + jobs,
        ".github/workflows/ci.yaml": "on: [push]\njobs: {}\n",
        "azure-pipelines.yml": "trigger: [main]\npool: {vmImage: ubuntu-latest}\nsteps:\n"
        "  - ${{ if eq(variables.x, 'y') }}:\n    - script: make\n",
        "action.yml": "name: x\nruns:\n  using: composite\n  steps:\n"
        "    - run: echo ${{ inputs.kind }}\n      shell: bash\n",
        "pre-commit-config.yaml": "repos:\n  - repo: https://example.com/x\n    rev: v1\n    hooks: [{id: x}]\n",
    }


def _compose(chance: random.Random, number: int) -> Files:
    services = "".join(
        f"  {word}:\n    <<: *defaults\n    image: {word}:latest\n    ports: ['80:80', 22:22]\n" for word in _WORDS
    )
    return {
        "docker-compose.yml": "version: '3.8'\nx-defaults: &defaults\n  restart: unless-stopped\n"
        f"services:\n{services}volumes:\n  data:\n",
        "docker-compose.override.yml": "services:\n  web:\n    ports: !reset []\n    environment: !override {A: 1}\n",
    }


def _patching_kustomization(chance: random.Random, number: int) -> Files:
    name = _name(chance, number)
    return {
        "kustomization.yaml": _text(
            """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources: [../base]
            commonLabels: {team: shop}
            patchesStrategicMerge: [service-patch.yaml, remove.yaml]
            patches:
              - path: lb-patch.yaml
              - path: json-patch.yaml
                target: {kind: Deployment, name: %name%}
            patchesJson6902:
              - {target: {version: v1, kind: Service, name: %name%}, path: patch.json}
            """,
            name=name,
        ),
        "service-patch.yaml": f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{type: NodePort}}\n",
        "lb-patch.yaml": f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}-public\n"
        "  annotations: {service.beta.kubernetes.io/aws-load-balancer-type: nlb}\nspec:\n  type: LoadBalancer\n",
        "remove.yaml": f"$patch: delete\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}-old}}\n",
        "json-patch.yaml": "- op: replace\n  path: /spec/replicas\n  value: 3\n- {op: remove, path: /spec/paused}\n",
        "patch.json": json.dumps([{"op": "add", "path": "/spec/type", "value": "NodePort"}]),
        "deployment-patch.yaml": f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        "spec: {replicas: 2}\n",
    }


def _dashboard(chance: random.Random, number: int) -> Files:
    panels = [
        {
            "id": position,
            "type": chance.choice(["timeseries", "stat", "table"]),
            "title": chance.choice(_WORDS),
            "gridPos": {"h": 8, "w": 12, "x": 0, "y": 8 * position},
            "targets": [{"expr": 'rate(x{job=~"$job"}[5m])', "legendFormat": "{{ instance }}", "refId": "A"}],
            "fieldConfig": {
                "defaults": {"unit": "short", "thresholds": {"steps": [{"color": "green", "value": None}]}}
            },
        }
        for position in range(chance.randint(5, 25))
    ]
    dashboard = {"title": _name(chance, number), "panels": panels, "templating": {"list": []}, "kind": "Dashboard"}
    return {"dashboard.json": json.dumps(dashboard, indent=2)}


def _open_api(chance: random.Random, number: int) -> Files:
    paths = "".join(
        f"  /{word}/{{id}}:\n    get:\n      operationId: get{word}\n      responses:\n"
        "        200: {description: ok}\n        '404': {description: no}\n"
        for word in _WORDS
    )
    return {
        "openapi.yaml": f"openapi: 3.0.3\ninfo: {{title: {_name(chance, number)}, version: 1.0}}\npaths:\n{paths}"
        "components:\n  schemas:\n    Service: {type: object, properties: {kind: {type: string, enum: [Service]}}}\n"
    }


def _javascript(chance: random.Random, number: int) -> Files:
    packages = {f"node_modules/{word}{position}": {"version": "1.0.0"} for word in _WORDS for position in range(20)}
    return {
        "package.json": json.dumps(
            {"name": _name(chance, number), "version": "1.0.0", "scripts": {"a": "b"}}, indent=2
        ),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2),
        "tsconfig.json": '{\n  // how it is compiled\n  "compilerOptions": {\n    "strict": true, /* yes */\n  },\n}\n',
        "pnpm-lock.yaml": "lockfileVersion: '6.0'\npackages:\n"
        + "".join(f"  /{word}@1.0.0:\n    resolution: {{integrity: sha512-{number}}}\n" for word in _WORDS),
        "events.json": '{"a": 1}\n{"a": 2}\n',
    }


def _jinja(chance: random.Random, number: int) -> Files:
    return {
        "service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ name }}\nspec:\n  ports:\n"
        "    {% for port in ports %}\n    - port: {{ port }}\n    {% endfor %}\n",
        "quoted.yaml": 'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ name }}", namespace: web}\n'
        'spec: {ports: [{port: "{{ port }}"}]}\n',
        "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ name }}}\n",
        "config.yaml": "{% if debug %}\nlevel: debug\n{% endif %}\n",
        "{{cookiecutter.name}}/x.yaml": "name: {{ cookiecutter.name }}\n",
    }


def _go_template(chance: random.Random, number: int) -> Files:
    return {
        "goreleaser.yaml": "builds:\n  - ldflags: -X main.version={{ .Version }}\narchives:\n"
        "  - name_template: >-\n      {{ .ProjectName }}_{{- title .Os }}\n",
        "taskfile.yml": "version: '3'\nvars: {X: '{{.Y}}'}\ntasks:\n  build: {cmds: [go build -o {{.BIN}}]}\n",
        "gotmpl.yaml": "{{ range .Items }}\n- {{ . }}\n{{ end }}\n",
    }


def _broken(chance: random.Random, number: int) -> Files:
    """What programs read that no YAML parser takes, or only this one."""
    return {
        "tabs.yaml": "a:\n\tb: 1\n",
        "twice.yaml": "a: 1\na: 2\n",
        "latin-1.yaml": "name: Büro\n".encode("latin-1"),
        "binary.yaml": bytes(range(256)),
        "conflict.yaml": "a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> other\n",
        "python.yaml": "x: !!python/object:os.system {}\ny: !!python/tuple [1, 2]\n",
        "set.yaml": "x: !!set {a, b}\ny: !!omap [a: 1]\n? [complex]\n: key\n",
        "home-assistant.yaml": "automation: !include automations.yaml\npassword: !secret x\n"
        "light: !include_dir_list lights\n",
        "deep.json": "[" * 150 + "]" * 150,
        "mkdocs.yml": "markdown_extensions:\n  - x: {y: !!python/name:material.extensions.emoji.twemoji }\n",
    }


def _generated(chance: random.Random, number: int) -> Files:
    """Data in YAML: recorded requests, fixtures, translations."""
    rows = "".join(
        f"- id: {position}\n  at: 2024-01-{position % 28 + 1:02}T10:00:00Z\n  ratio: 0.{position}\n"
        f"  kind: {chance.choice(['created', 'service', 'Node'])}\n  details: {{a: {position}}}\n"
        for position in range(200)
    )
    words = "".join(f"{word}.title: {word.title()} ünïcode\n" for word in _WORDS)
    return {
        "fixtures.yaml": rows,
        "i18n/de.yml": f"de:\n{indent(words, '  ')}",
        "cassette.yaml": "interactions:\n- request: {method: GET, headers: {a: [b]}}\n  response:\n"
        f"    body: {{string: {json.dumps('x' * 2000)}}}\nversion: 1\n",
    }


def _backstage(chance: random.Random, number: int) -> Files:
    """Programs that borrowed the look of Kubernetes."""
    name = _name(chance, number)
    return {
        "catalog-info.yaml": f"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\n"
        "spec: {type: service, owner: shop}\n",
        "skaffold.yaml": "apiVersion: skaffold/v4beta6\nkind: Config\ndeploy: {kubectl: {}}\n",
        "kind.yaml": "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{role: control-plane}]\n",
        "kubeconfig.yaml": "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n",
        "tekton.yaml": f"apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {{name: {name}}}\nspec: {{tasks: []}}\n",
        "crossplane.yaml": f"apiVersion: ec2.aws.upbound.io/v1beta1\nkind: VPCEndpoint\nmetadata: {{name: {name}}}\n",
        "velero.yaml": f"apiVersion: velero.io/v1\nkind: Backup\nmetadata: {{name: {name}}}\nspec: {{}}\n",
    }


def _datasources(chance: random.Random, number: int) -> Files:
    """Configurations with an apiVersion or a kind of their own."""
    return {
        "datasources.yaml": "apiVersion: 1\ndatasources:\n  - {name: Prometheus, type: prometheus}\n",
        "dependabot.yml": "version: 2\nupdates: [{package-ecosystem: pip, directory: /}]\n",
        "renovate.json": '{"extends": ["config:base"]}\n',
        "prometheus.yml": "global: {scrape_interval: 15s}\nscrape_configs:\n  - {job_name: x, static_configs: []}\n",
        "rules.yml": "groups:\n  - name: x\n    rules:\n      - alert: y\n        expr: up == 0\n"
        "        annotations: {summary: '{{ $value }}'}\n",
        "helmfile.yaml": "releases:\n  - name: x\n    values:\n      - {{ .Environment.Name }}.yaml\n",
        "values/prod.yaml": "service: {type: LoadBalancer}\ngateway: {kind: Gateway, enabled: true}\n",
        "avi.yaml": "kind: pool\nspec: {servers: []}\n",
    }


PROJECTS: Mapping[str, Project] = {
    "deployment": Project(make=_deployment, is_quiet=True),
    "stateful-set": Project(make=_stateful_set, is_quiet=True),
    "helm-output": Project(make=_rendered_service, is_quiet=True),
    "rbac": Project(make=_service_account, is_quiet=True),
    "config-map": Project(make=_config_map, is_quiet=True),
    "ingress": Project(make=_ingress, is_quiet=True),
    "istio": Project(make=_istio, is_quiet=True),
    "knative": Project(make=_knative, is_quiet=True),
    "http-route": Project(make=_http_route, is_quiet=False),
    "crd": Project(make=_crds, is_quiet=True),
    "prometheus": Project(make=_prometheus, is_quiet=True),
    "sops": Project(make=_sops, is_quiet=True),
    "flux": Project(make=_flux, is_quiet=True),
    "argo": Project(make=_argo, is_quiet=True),
    "kustomize-list": Project(make=_listing_kustomization, is_quiet=True),
    "kustomize-rename": Project(make=_renaming_kustomization, is_quiet=True),
    "list": Project(make=_pods, is_quiet=True),
    "empty": Project(make=_empty, is_quiet=True),
    "windows": Project(make=_windows, is_quiet=True),
    "anchors": Project(make=_knowing_anchors, is_quiet=True),
    "look-alikes": Project(make=_backstage, is_quiet=True),
    "namespaces": Project(make=_namespaces, is_quiet=False),
    "gateway-api": Project(make=_edge_gateways, is_quiet=False),
    "chart": Project(make=_chart, is_quiet=False),
    "ansible": Project(make=_ansible, is_quiet=False),
    "cloud-formation": Project(make=_cloud_formation, is_quiet=False),
    "ci": Project(make=_ci, is_quiet=False),
    "compose": Project(make=_compose, is_quiet=False),
    "kustomize-patch": Project(make=_patching_kustomization, is_quiet=False),
    "grafana": Project(make=_dashboard, is_quiet=False),
    "openapi": Project(make=_open_api, is_quiet=False),
    "javascript": Project(make=_javascript, is_quiet=False),
    "jinja": Project(make=_jinja, is_quiet=False),
    "go-template": Project(make=_go_template, is_quiet=False),
    "not-yaml": Project(make=_broken, is_quiet=False),
    "data": Project(make=_generated, is_quiet=False),
    "configuration": Project(make=_datasources, is_quiet=False),
}
