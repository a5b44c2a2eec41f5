#!/usr/bin/env bash
# Runs a program as several processes on this machine: mpirun.sh COUNT PROGRAM ARGUMENT...
# Skipped, with exit status 77, where there is no mpirun.
set -euo pipefail
command -v mpirun >/dev/null || { echo "skipped: no mpirun (apt-get install openmpi-bin)"; exit 77; }
count=$1
shift
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
exec mpirun --oversubscribe --bind-to none -n "$count" "$@"
