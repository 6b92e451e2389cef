# The image of the gateway, the workers and the commands. Built by `docker compose build`.
FROM python:3.11.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/tiebeam
COPY requirements/production.txt requirements/production.txt
RUN /opt/tiebeam/bin/python -m pip install --only-binary :all: --require-hashes \
      --requirement requirements/production.txt
COPY . .
RUN /opt/tiebeam/bin/python -m pip install --no-deps --no-build-isolation . \
 && /opt/tiebeam/bin/python -m pip uninstall --yes editables hatchling pip

FROM python:3.11.13-slim-bookworm
RUN useradd --system --uid 10001 --user-group --home-dir /nonexistent --no-create-home \
      --shell /usr/sbin/nologin tiebeam
COPY --from=build /opt/tiebeam /opt/tiebeam
ENV PATH=/opt/tiebeam/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
USER 10001:10001
# A worker listens here; compose names the gateway's own port.
ENV TIEBEAM_HEALTH_PORT=8410
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 \
  CMD ["python", "-m", "runtime.probe", "http://127.0.0.1:8410/ready"]
CMD ["tiebeam", "--help"]
