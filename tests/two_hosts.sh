#!/usr/bin/env bash
# Runs a program as two processes on two hosts, which are network namespaces of this machine with
# names, addresses and a wire of their own: two_hosts.sh PROGRAM ARGUMENT...
# TWO_HOSTS_RATE=10gbit bounds what the wire carries a second, in each direction.
# Skipped, with exit status 77, where there is no mpirun or no right to make namespaces.
set -euo pipefail

# As the agent of mpirun: two_hosts.sh --on ADDRESS COMMAND...
if [ "$1" = --on ]; then
  case $2 in 10.77.*.1) host=a ;; *) host=b ;; esac
  shift 2
  exec ip netns exec "unroll-$TWO_HOSTS-$host" unshare --uts \
    sh -c "hostname host-$host && exec sh -c \"\$0\"" "$*"
fi

skip() { echo "skipped: $1"; exit 77; }
command -v mpirun >/dev/null || skip "no mpirun (apt-get install openmpi-bin)"
command -v ip >/dev/null || skip "no ip (apt-get install iproute2)"
[ "$(id -u)" -eq 0 ] || skip "only root makes network namespaces"

export TWO_HOSTS=$$
net=10.77.$(($$ % 250))
a=unroll-$$-a b=unroll-$$-b
ip netns add "$a" 2>/dev/null || skip "this machine lets nobody make network namespaces"
agent=$(mktemp)
cleanup() {
  ip netns del "$a" || true
  ip netns del "$b" 2>/dev/null || true
  rm -f "$agent"
}
trap cleanup EXIT
ip netns add "$b"
ip link add "ua$$" type veth peer name "ub$$" 2>/dev/null || skip "no pairs of virtual networks here"
ip link set "ua$$" netns "$a" name wire
ip link set "ub$$" netns "$b" name wire
for host in 1:"$a" 2:"$b"; do
  ip -n "${host#*:}" addr add "$net.${host%%:*}/24" dev wire
  ip -n "${host#*:}" link set wire up
  ip -n "${host#*:}" link set lo up
  [ -z "${TWO_HOSTS_RATE-}" ] ||
    tc -n "${host#*:}" qdisc add dev wire root tbf rate "$TWO_HOSTS_RATE" burst 1mb latency 20ms
done
printf '#!/bin/sh\nexec bash %s --on "$@"\n' "$(realpath "$0")" >"$agent"
chmod +x "$agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpi=(mpirun -n 2 --host "$net.1:1,$net.2:1" --bind-to none --mca plm_rsh_agent "$agent"
  --mca oob_tcp_if_include wire --mca btl tcp,self --mca btl_tcp_if_include wire
  -x UNROLL_THREADS "$@")
names=$(bash "$0" --on "$net.1" "${mpi[*]:0:${#mpi[@]}-$#} hostname" | sort | tr '\n' ' ')
[ "$names" = "host-a host-b " ] || { echo "expected processes on host-a and host-b, found: $names"; exit 1; }
bash "$0" --on "$net.1" "${mpi[@]@Q}"
echo "ran on $names"
