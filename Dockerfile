# One image for the control plane, the routers and the command line; docker-compose.yml puts them together.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libjwt-dev libnghttp2-dev libpq-dev libssl-dev libxml2-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Dependencies on their own: they change more rarely than the sources.
COPY Package.swift Package.resolved* ./
RUN swift package resolve
COPY Sources Sources
# The manifest names the test targets, so their folders have to be there.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product sluice \
    && swift build -c release --static-swift-stdlib --product sluice-router \
    && swift build -c release --product sluice-confine \
    && mkdir /out \
    && cp .build/release/sluice .build/release/sluice-router .build/release/sluice-confine /out \
    && strip /out/*

FROM debian:bookworm-slim AS tools
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY scripts/requirements-tools.txt /
RUN python3 -m venv /tools && /tools/bin/pip install --no-cache-dir -r /requirements-tools.txt

FROM debian:bookworm-slim
# Python is what replicas' environments are made from, and what the health check is written in.
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap ca-certificates libjwt0 libnghttp2-14 libpq5 libssl3 libxml2 python3 \
    && rm -rf /var/lib/apt/lists/*
# The folders are mount points: a new volume takes over their owner and mode.
RUN groupadd --system --gid 10001 sluice \
    && useradd --system --uid 10001 --gid sluice --home-dir /var/lib/sluice --shell /usr/sbin/nologin sluice \
    && install -d -o sluice -g sluice -m 711 /var/lib/sluice \
    && install -d -o sluice -g sluice -m 700 \
        /var/lib/sluice/compute /var/lib/sluice/compute/run /var/lib/sluice/routers /var/lib/sluice/slots \
        /var/lib/sluice/tls /var/lib/sluice/tls/server /run/sluice-secrets
COPY --from=tools /tools/bin/uv /usr/local/bin/uv
COPY migrations /usr/local/share/sluice/migrations
COPY openapi /usr/local/share/sluice/openapi
COPY examples/iris /usr/local/share/sluice/examples/iris
COPY scripts/container/entrypoint scripts/container/health /usr/local/lib/sluice/
COPY --from=build /out/sluice /out/sluice-router /out/sluice-confine /usr/local/bin/
# A library that is missing shows here, not at the first start.
RUN sluice --version && sluice-router --version && sluice-confine --landlock-version

ENV LANG=C.UTF-8 \
    MALLOC_ARENA_MAX=2 \
    GLIBC_TUNABLES=glibc.malloc.tcache_count=100 \
    SLUICE_DATA_DIRECTORY=/var/lib/sluice
WORKDIR /var/lib/sluice
USER sluice
# 8443: the API over TLS; 8580: scoring.
EXPOSE 8443 8580
ENTRYPOINT ["/usr/local/lib/sluice/entrypoint"]
CMD ["serve"]
