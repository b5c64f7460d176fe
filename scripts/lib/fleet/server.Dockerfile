# A bare server, as a provider hands it over: Debian with systemd, sshd and Python, and nothing of ours. It is known from
# a real one only by what makes it quick to throw away: no manuals, and a dpkg that does not wait for the disk.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}
RUN rm -f /usr/sbin/policy-rc.d \
    && printf 'force-unsafe-io\n' > /etc/dpkg/dpkg.cfg.d/disposable \
    && apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates dbus iproute2 openssh-server python3 sudo systemd \
        systemd-sysv \
    && apt-get clean && rm -rf /var/lib/apt/lists/* /etc/ssh/ssh_host_* /var/log/*.log \
    && : > /etc/machine-id \
    && printf 'PermitRootLogin yes\n' > /etc/ssh/sshd_config.d/provider.conf \
    && systemctl mask apt-daily.timer apt-daily-upgrade.timer console-getty.service e2scrub_all.timer fstrim.timer \
        getty.target sys-kernel-debug.mount sys-kernel-tracing.mount systemd-firstboot.service \
        systemd-modules-load.service
# The only way out.
RUN printf 'Acquire::http::Proxy "http://fleet-host:3142";\n' > /etc/apt/apt.conf.d/90proxy
COPY server-start.sh /usr/local/sbin/server-start
# What tells systemd that it is to end.
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/sbin/server-start"]
