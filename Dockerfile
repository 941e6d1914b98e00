ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /srv
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/venv && \
    python -m pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
        --disable-pip-version-check --root-user-action ignore -r requirements.lock && \
    rm requirements.lock
COPY app app
COPY templates templates
COPY static static
# Bytecode now: the finished image never writes. By hash, so that no time stamp makes it stale.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash app

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="rot180" \
      org.opencontainers.image.description="Why a CNN's backward pass turns the kernel by 180°" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv /srv
WORKDIR /srv
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OPENBLAS_NUM_THREADS=1 \
    HOST=0.0.0.0 \
    PORT=8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz/live', timeout=2)"]
CMD ["python", "-m", "app"]
