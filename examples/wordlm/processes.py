#!/usr/bin/env python3
"""Makes the tables of processes.md: what a step of several processes costs, measured here with one
and two of them, and computed for 2 to 256 machines.

    cmake --build --preset release --target bench_processes
    python3 examples/wordlm/processes.py
"""
import json
import math
import os
import subprocess

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
BENCH = os.path.join(ROOT, 'build', 'release', 'tests', 'bench_processes')
MPIRUN = os.path.join(ROOT, 'tests', 'mpirun.sh')
MODELS = {'W2': 'W2: LSTM 2 x 200, vocabulary 10,000', 'W3': 'W3: LSTM 2 x 650, vocabulary 10,000',
          'W1': 'reddit: RNN of 100, vocabulary 8,000'}
# Gbit/s, and seconds that a message takes at least: usual figures of TCP over Ethernet of 1 and 10
# Gbit/s and of RDMA; assumed, not measured.
NETWORKS = {1: 50e-6, 10: 20e-6, 100: 3e-6}
NODES = (2, 4, 8, 16, 32, 64, 128, 256)
BLOCK = 1 << 22    # elements that all_reduce adds up at once, at most
MESSAGE = 1 << 18  # and sends to one process at once, at most


def measured(processes):
    """The lines of bench_processes by the names of models."""
    environment = dict(os.environ, UNROLL_THREADS='1')
    result = subprocess.run(['bash', MPIRUN, str(processes), BENCH, *MODELS], check=True, text=True,
                            capture_output=True, env=environment)
    return {line['name']: line for line in map(json.loads, result.stdout.splitlines())}


def elements(model, nodes):
    """Elements of the gradients that `nodes` processes exchange: all rows that are touched, at most
    those of each process and at most all there are."""
    return model['dense'] + min(model['rows'], nodes * model['touched'])


def exchange(model, nodes, gbit, cost):
    """Seconds of the exchange: bytes over the network, messages, and this machine's own work."""
    size = 4 * elements(model, nodes)
    latency = NETWORKS[gbit]
    blocks = math.ceil(elements(model, nodes) / min(BLOCK, nodes * MESSAGE))
    messages = 3 * math.ceil(math.log2(nodes)) + 2 * (nodes - 1) * blocks
    return 2 * (nodes - 1) / nodes * size * 8 / (gbit * 1e9) + messages * latency + cost * size


def table(rows):
    for i, row in enumerate(rows):
        print('| ' + ' | '.join(map(str, row)) + ' |')
        if i == 0:
            print('|' + ' --- |' * len(row))
    print()


def main():
    one, two = measured(1), measured(2)
    rows = [('model', 'batch, tokens of a process', 'compute, 1 process', 'compute, each of 2',
             'exchange of 2', 'bytes sent by each', 'tokens/s, 1 -> 2')]
    for name, title in MODELS.items():
        a, b = one[name], two[name]
        alone = a['tokens'] / a['compute_ms'] * 1e3
        both = 2 * b['tokens'] / (b['compute_ms'] + b['exchange_ms']) * 1e3
        rows.append((title, f"{a['batch']}, {a['tokens']}", f"{a['compute_ms']:.1f} ms",
                     f"{b['compute_ms']:.1f} ms", f"{b['exchange_ms']:.1f} ms",
                     f"{b['sent'] / 1e6:.1f} MB", f'{alone:,.0f} -> {both:,.0f}'))
    table(rows)
    for name, title in MODELS.items():
        b = two[name]
        compute = b['compute_ms'] / 1e3
        cost = b['exchange_ms'] / 1e3 / (4 * elements(b, 1))
        rows = [(title, *(f'{gbit} Gbit/s' for gbit in NETWORKS))]
        for nodes in NODES:
            cells = []
            for gbit in NETWORKS:
                seconds = exchange(b, nodes, gbit, cost)
                batch = math.ceil(b['batch'] * 4 * seconds / compute)  # where compute is 80 %
                cells.append(f'{nodes * compute / (compute + seconds):.1f} x, '
                             f'overlapped at most {nodes * compute / max(compute, seconds):.1f}; '
                             f'{batch}')
            rows.append((f"{nodes}, batch {nodes * b['batch']}", *cells))
        table(rows)


main()
