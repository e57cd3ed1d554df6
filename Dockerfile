# `serve` answers and does the background work; `worker` does that alone (then with --no-healthcheck).
# With OUTWARD_DATABASE_URL and OUTWARD_SECRET_KEY set nothing is kept in the container. Without them PostgreSQL runs
# in it, on the volume /data.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/outward
WORKDIR /src
COPY requirements.lock .
RUN /opt/outward/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN /opt/outward/bin/pip install --no-deps .

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data outward \
    && install -d -m 0700 -o outward -g outward /data
COPY --from=build /opt/outward /opt/outward
ENV PATH=/opt/outward/bin:$PATH PYTHONUNBUFFERED=1 OUTWARD_DATA_DIR=/data
USER outward
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["outward"]
CMD ["serve", "--host", "0.0.0.0"]
