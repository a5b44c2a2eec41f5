"""Trains with `wordlm train --tensorboard`, goes on with the saved model twice, and reads the events
with TensorBoard's own reader: the numbers of --log, without those of the run whose model was not
saved. The program is the one argument. Where the package tensorboard is missing, the exit status is
77, which ctest takes as skipped."""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing import event_accumulator
except ImportError:
    print(f"skipped: {sys.executable} has no package tensorboard (pip install tensorboard)")
    sys.exit(77)


def check(program, folder):
    log, model, runs = folder / "run.jsonl", folder / "m", folder / "runs"
    files = ["--log", log, "--tensorboard", runs, "--samples", "0"]
    small = ["--comments", "60", "--hidden", "4"]
    train = [program, "--threads", "1", "train"]
    subprocess.run([*train, *small, "--epochs", "2", "--save", model, *files], check=True)
    saved = model.read_bytes()
    subprocess.run([*train, "--load", model, "--epochs", "4", *files], check=True)
    subprocess.run([*train, "--load", model, "--epochs", "3", "--lr", "0.5", *files], check=True)
    assert model.read_bytes() == saved
    assert len(list(runs.iterdir())) == 3

    reports = {}  # by step
    for line in log.read_text().splitlines():
        report = json.loads(line)
        if "settings" in report:  # a run goes on from the second epoch, where the model was saved
            reports = {step: old for step, old in reports.items() if old["epoch"] <= 2}
        else:
            reports[report["step"]] = report
    assert len(reports) == 4, reports.keys()

    events = event_accumulator.EventAccumulator(str(runs))
    events.Reload()
    names = {"loss": "loss/held-out", "perplexity": "perplexity", "memory_mb": "memory_mb",
             "training_loss": "loss/training", "gradient_norm": "gradient_norm",
             "learning_rate": "learning_rate", "words_per_second": "words_per_second"}
    assert sorted(events.Tags()["scalars"]) == sorted(names.values())
    for name, tag in names.items():
        expected = {step: r[name] for step, r in reports.items() if name in r}
        points = {event.step: event.value for event in events.Scalars(tag)}
        assert points.keys() == expected.keys(), (tag, points, expected)
        for step, value in expected.items():
            close = math.isclose(points[step], value, rel_tol=1e-6,
                                 abs_tol=0.51 if name == "words_per_second" else 0)
            assert close, (tag, step, points[step], value)
    print(f"{len(names)} curves of {len(reports)} points")


with tempfile.TemporaryDirectory() as made:
    check(sys.argv[1], pathlib.Path(made))
