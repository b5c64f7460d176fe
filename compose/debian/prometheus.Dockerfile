# Prometheus and its Alertmanager of Debian's packages, to be used as the official images are.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends prometheus prometheus-alertmanager \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/lib/prometheus \
    && install -d -o nobody -g nogroup -m 0700 /prometheus /alertmanager
USER nobody:nogroup
CMD ["prometheus"]
