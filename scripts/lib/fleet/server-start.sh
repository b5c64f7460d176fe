#!/bin/sh
# What firmware, hypervisor and a first boot do for a server; then it is systemd's. The trees that are made writable are
# the container's own: its control groups, and the settings of its network.
set -eu
for tree in /sys/fs/cgroup/*/ /sys/fs/cgroup; do
    ! grep -q " ${tree%/} cgroup" /proc/mounts || mount -o remount,bind,rw,nosuid,nodev,noexec "${tree%/}"
done
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,rw,nosuid,nodev,noexec /proc/sys/net
[ -s /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
exec /lib/systemd/systemd
