# RabbitMQ of Debian's packages, to be used as the official image is.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN groupadd --gid 999 rabbitmq \
    && useradd --uid 999 --gid 999 --no-create-home --home-dir /var/lib/rabbitmq --shell /usr/sbin/nologin rabbitmq \
    && apt-get update \
    && apt-get install -y --no-install-recommends rabbitmq-server \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq \
    && install -d -o rabbitmq -g rabbitmq -m 0700 /var/lib/rabbitmq && chmod 1777 /var/log/rabbitmq \
    && printf '[rabbitmq_management,rabbitmq_prometheus].\n' > /etc/rabbitmq/enabled_plugins
# The broker becomes the process that its start script is: it hears SIGTERM itself.
ENV HOME=/var/lib/rabbitmq LANG=C.UTF-8 RABBITMQ_LOGS=- RUNNING_UNDER_SYSTEMD=true
USER 999:999
STOPSIGNAL SIGTERM
CMD ["/usr/lib/rabbitmq/bin/rabbitmq-server"]
