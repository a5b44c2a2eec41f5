#!/usr/bin/env python3
"""Trains with wordlm as several processes: processes.py WORDLM

The numbers do not depend on how many there are, nor on whether a training is stopped and gone on
with by another number; what fails in one ends all, and leaves the saved model good. Skipped, with
exit status 77, where there is no mpirun.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MPIRUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'mpirun.sh')
TOLERANCE = 2e-6  # printed losses have six digits; f64 differs by less


def command(processes, *arguments):
    """The command line of so many processes; without mpirun for 0."""
    program = [WORDLM, '--threads', '1', *arguments]
    return program if processes == 0 else ['bash', MPIRUN, str(processes), *program]


def run(processes, *arguments):
    return subprocess.run(command(processes, *arguments), capture_output=True, text=True, timeout=120,
                          check=False)


def expect(holds, what, result=None):
    if holds:
        return
    print(f'failed: {what}')
    if result is not None:
        print(result.stdout, result.stderr, sep='\n')
    sys.exit(1)


def losses(text):
    """By epoch, the losses measured and while training, and the perplexity."""
    found = {}
    for line in text.splitlines():
        if line.startswith('epoch'):
            numbers = [float(x) for x in re.findall(r'\d+\.\d+', line)]
            found[int(line.split()[1].rstrip(':'))] = numbers
    return found


def expect_same(got, wanted, what, result):
    """Of the epochs that were trained: a part of them where a run was gone on with."""
    expect(got and max(got) == max(wanted), f'{what}: epochs {sorted(got)}', result)
    for epoch, numbers in got.items():
        for x, y in zip(numbers[:2], wanted[epoch][:2]):
            expect(abs(x - y) <= TOLERANCE * max(1, abs(y)) + 1e-6,
                   f'{what}: epoch {epoch}: {numbers} instead of {wanted[epoch]}', result)


def without_times(out):
    """The lines of an output without what differs from run to run."""
    return [re.sub(r', [0-9.]+ \w+/s', '', x) for x in out.splitlines() if not x.startswith('time: ')]


def check_numbers(training, kind):
    """Returns the losses of one process."""
    alone = run(0, *training)
    expect(alone.returncode == 0, f'{kind}: one process', alone)
    wanted = losses(alone.stdout)
    for processes in (1, 2, 4):
        result = run(processes, *training)
        expect(result.returncode == 0 and 'wordlm:' not in result.stderr, f'{kind}: {processes}', result)
        expect_same(losses(result.stdout), wanted, f'{kind}: {processes} processes', result)
        expect(result.stdout.count('the loss to expect') == 1, 'only one process prints', result)
        says = f'processes: {processes}, each with its part of every batch'
        expect((says in result.stdout) == (processes > 1), says, result)
        again = run(processes, *training)
        expect(without_times(again.stdout) == without_times(result.stdout),
               f'{kind}: the same again for {processes} processes', again)
    return wanted


def children(pid):
    path = f'/proc/{pid}/task/{pid}/children'
    with open(path, encoding='ascii') as file:
        return [int(x) for x in file.read().split()]


def start_and_wait_for_save(processes, training, model):
    process = subprocess.Popen(command(processes, *training), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    begun = time.monotonic()
    while not os.path.exists(model):
        expect(time.monotonic() - begun < 60 and process.poll() is None, 'a model is saved')
        time.sleep(0.001)
    return process


def of_epochs(epochs, training):
    """The arguments of a training, with another number of epochs."""
    at = training.index('--epochs') + 1
    return [*training[:at], str(epochs), *training[at + 1:]]


def check_stops(training, wanted, kind, folder):
    """Killed in the middle, interrupted in the middle, and gone on with by another number."""
    model = os.path.join(folder, kind)
    process = start_and_wait_for_save(4, [*training, '--save', model, '--save-every', '1'], model)
    os.kill(children(process.pid)[-1], signal.SIGKILL)  # one of the four
    _, errors = process.communicate(timeout=60)
    expect(process.returncode != 0, f'{kind}: a process that is killed ends all')
    del errors
    continued = run(2, 'train', '--load', model, '--save', model, '--samples', '0',
                    '--epochs', str(max(wanted)))
    expect(continued.returncode == 0, f'{kind}: killed with 4, gone on with by 2', continued)
    expect_same(losses(continued.stdout), wanted, f'{kind}: killed, gone on with by 2', continued)

    os.remove(model)
    # More epochs than a quick machine trains before mpirun has sent the signal to all.
    process = start_and_wait_for_save(
        2, [*of_epochs(1000, training), '--save', model, '--save-every', '1'], model)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    interrupted = re.search(r'interrupted in epoch (\d+)', out)
    expect(interrupted is not None, f'{kind}: an interrupted training says so: {out}')
    epochs = int(interrupted.group(1)) + 1
    wanted = losses(run(0, *of_epochs(epochs, training)).stdout)
    continued = run(4, 'train', '--load', model, '--samples', '0', '--epochs', str(epochs))
    expect(continued.returncode == 0, f'{kind}: interrupted with 2, gone on with by 4', continued)
    expect_same(losses(continued.stdout), wanted, f'{kind}: gone on with by 4', continued)


def check_ids(folder):
    """A file of ids is made by the first process, and found by the others."""
    text = os.path.join(folder, 'text')
    ids = os.path.join(folder, 'ids')
    with open(text, 'w', encoding='utf-8') as file:
        file.write(''.join(f'the {i % 7} cats and {i % 5} dogs\n' for i in range(400)))
    training = ['train', '--data', text, '--hidden', '4', '--embedding', '4', '--epochs', '2',
                '--samples', '0', '--double']
    wanted = losses(run(0, *training).stdout)
    for processes, says in ((4, 'ids: kept in '), (4, 'ids: read from '), (2, 'ids: read from ')):
        result = run(processes, *training, '--ids', ids)
        expect(result.returncode == 0 and says + ids in result.stdout, says, result)
        expect_same(losses(result.stdout), wanted, f'{processes} processes with a file of ids', result)


def check_failures(folder):
    """An error is said once, whether all processes find it or one."""
    for arguments, message in (
            (['train', '--data', '/no/file.txt'], 'wordlm: /no/file.txt: '),
            (['train', '--comments', '60', '--batch', '3'],
             'wordlm: a batch of 3 cannot be shared by 4 processes; a larger --batch helps\n'),
            (['train', '--comments', '60', '--lr', '1e30', '--clip', '0'],
             'wordlm: the training has diverged in epoch 1: '),
            (['sample', '--load', os.path.join(folder, 'none')],
             "wordlm: 4 processes were started, and only 'train' can use several\n")):
        try:
            result = run(4, *arguments)
        except subprocess.TimeoutExpired:
            # Seldom, mpirun does not end where one process gives up while others still begin.
            result = run(4, *arguments)
        expect(result.returncode != 0, f'{arguments} fails', result)
        expect(result.stderr.count('wordlm: ') == 1 and message in result.stderr,
               f'{arguments}: {message}', result)


def main():
    if shutil.which('mpirun') is None:
        print('skipped: no mpirun (apt-get install openmpi-bin)')
        return 77
    # A small learning rate: a large one lets what rounding differs by grow from step to step.
    small = ['--double', '--lr', '0.1', '--hidden', '8', '--samples', '0', '--dropout', '0.3']
    sentences = ['train', '--comments', '300', '--batch', '7', '--epochs', '5', *small]
    stream = ['train', '--comments', '300', '--stream', '--batch', '6', '--bptt', '9', '--epochs', '5',
              *small]
    with tempfile.TemporaryDirectory() as folder:
        for kind, training in (('sentences', sentences), ('stream', stream)):
            wanted = check_numbers(training, kind)
            check_stops(training, wanted, kind, folder)
        check_ids(folder)
        check_failures(folder)
    print('several processes train as one does')
    return 0


WORDLM = sys.argv[1]
sys.exit(main())
