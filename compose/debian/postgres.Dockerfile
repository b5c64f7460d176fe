# PostgreSQL of Debian's packages, to be used as the official image is.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN groupadd --gid 999 postgres \
    && useradd --uid 999 --gid 999 --no-create-home --home-dir /var/lib/postgresql --shell /bin/bash postgres \
    && apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql-15 \
    && apt-get clean && rm -rf /var/lib/apt/lists/* \
        /usr/lib/postgresql/15/lib/llvmjit* /usr/lib/x86_64-linux-gnu/libLLVM-14* \
    && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data && chmod 1777 /run/postgresql
COPY postgres-start /usr/local/bin/
ENV LANG=C.UTF-8 PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data/main
USER 999:999
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-start"]
CMD ["postgres"]
