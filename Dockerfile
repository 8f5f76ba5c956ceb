# syntax=docker/dockerfile:1
# avi-sync as an image: docker build --build-arg REVISION=$(git rev-parse HEAD) --tag avi-sync .
#
# The base is pinned to a release of Python and of Debian, not to a digest: a digest would hold for one moment of that
# tag, and the security updates that Debian puts into it would be kept out until somebody changes this line. Who mirrors
# and scans images gives the digest that was scanned: --build-arg PYTHON_IMAGE=registry/python@sha256:…
ARG PYTHON_IMAGE=python:3.13.7-slim-trixie

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements-build.lock
# What is shipped is an environment of its own: neither an installer nor the tools of the build get into it.
RUN python -m venv --without-pip /opt/avi-sync \
    && uv pip install --python /opt/avi-sync/bin/python --no-cache --compile-bytecode \
        --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY templates templates
COPY sync sync
# The commit that `avi-sync --version` names: the context holds no Git repository to ask.
ARG REVISION=""
RUN AVI_SYNC_COMMIT="${REVISION}" python -m hatchling build --target wheel --directory /wheels
# The second name of the command would hide the sync of coreutils from whoever has this folder first in the path.
RUN uv pip install --python /opt/avi-sync/bin/python --no-cache --compile-bytecode --no-deps --offline /wheels/*.whl \
    && rm /opt/avi-sync/bin/sync

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
# Debian's packages are not pinned: a version that a security update replaced is no longer served.
# ssh asks for the name of its user, so the number has one.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 avi-sync \
    && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin avi-sync \
    && install --directory --owner=65532 --group=65532 /var/cache/avi-sync /var/lib/avi-sync
COPY --from=build /opt/avi-sync /opt/avi-sync
RUN ln -s /opt/avi-sync/bin/avi-sync /usr/local/bin/avi-sync
ENV PYTHONUNBUFFERED=1 \
    SYNC_CACHE_DIR=/var/cache/avi-sync \
    SYNC_STATE_DIR=/var/lib/avi-sync
ARG REVISION=""
LABEL org.opencontainers.image.title="avi-sync" \
    org.opencontainers.image.description="Makes the layer 4 configuration of an Avi Load Balancer Controller follow a Git repository" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.revision="${REVISION}"
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["avi-sync"]
