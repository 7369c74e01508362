"""Train what a folder asks for: `python -m core.finetuning.child FOLDER`.

A program of its own, so that its memory is given back when it ends and no crash of a training is a
crash of the lab. It ends when its standard input closes, which happens when whoever started it
dies, and stops with the best so far when it reads anything there.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LabError, RefusedModelError
from core.finetuning.records import Kind, Order, TrainingResult, step_to_line
from core.finetuning.training_folder import TrainingFolder
from core.finetuning.types import Cost, Example, Splits, TrainingStep
from core.processes import make_way

if TYPE_CHECKING:
    from core.finetuning.networks import Network
    from core.finetuning.training import Ending

# More would make the page slow that follows them, and no curve clearer.
_MOST_STEPS_TOLD = 2000
_MOST_TESTED = 2000
# Batches of ever other lengths leave holes in memory; this takes milliseconds.
_TIDIES_EVERY = 10
_NO_MEMORY = RefusedModelError(
    "The training needed more memory than there is.",
    next_step="Choose a smaller base model, a smaller batch or fewer tokens, and start again.",
)


def run(folder: TrainingFolder, stopped: threading.Event) -> None:
    """Do what the order in `folder` says and write what came out; `stopped` ends it early.

    Raises:
        LabError: the base model or the data will not do.
    """
    from core.finetuning.networks import has_bf16, quiet

    quiet()
    began_s = time.monotonic()
    order, splits = folder.order(), folder.splits()
    splits = replace(splits, test=_tested(splits))
    result = TrainingResult(
        model=None,
        evaluation=None,
        cost=Cost(0.0, 0, 0, 0),
        stopped=False,
        diverged=False,
        best_step=0,
        precision="bfloat16" if has_bf16() else "float32",
        versions=tuple((name, version(name)) for name in ("torch", "transformers")),
    )
    work = _curve if order.kind is Kind.CURVE else _model
    result = work(folder, order, splits, stopped, result)
    cost = replace(
        result.cost,
        seconds=time.monotonic() - began_s,
        peak_memory_bytes=peak_memory_bytes(),
    )
    folder.write_result(replace(result, cost=cost))


def _model(
    folder: TrainingFolder,
    order: Order,
    splits: Splits,
    stopped: threading.Event,
    result: TrainingResult,
) -> TrainingResult:
    from core.finetuning.networks import build_network

    network = build_network(order.base, splits.labels, order.settings)
    cost = replace(
        result.cost,
        trained_parameters=network.trained_parameters,
        parameters=network.parameters,
    )
    ending = _train(folder, order, splits, stopped, network)
    result = replace(
        result,
        cost=cost,
        stopped=ending.stopped,
        diverged=ending.diverged,
        best_step=ending.best_step,
    )
    if ending.best_step == 0:
        return result
    draft = folder.path / "model.part"
    network.save(draft)
    draft.rename(folder.model)
    _give_memory_back()
    # In 32 bits, as whoever loads the model elsewhere will have it.
    guesses = network.guess([example.text for example in splits.test])
    _give_memory_back()
    from core.finetuning.evaluation import evaluate

    evaluation = None
    if splits.test:
        evaluation = evaluate(
            splits.test,
            guesses,
            labels=splits.labels,
            train=splits.train,
            seed=order.settings.seed,
        )
    return replace(result, model=folder.model, evaluation=evaluation)


def _train(
    folder: TrainingFolder,
    order: Order,
    splits: Splits,
    stopped: threading.Event,
    network: Network,
) -> Ending:
    from core.finetuning.training import finish, train

    with folder.steps_file.open("a", encoding="utf-8") as lines:

        def write(step: TrainingStep) -> None:
            rarely = ceil(step.steps / _MOST_STEPS_TOLD)
            if step.step % rarely == 0 or step.validation_loss is not None:
                lines.write(step_to_line(step))
                lines.flush()
            if step.step % _TIDIES_EVERY == 0:
                _give_memory_back()

        return finish(train(network, splits, order.settings, stopped=stopped.is_set), write)


def _curve(
    folder: TrainingFolder,
    order: Order,
    splits: Splits,
    stopped: threading.Event,
    result: TrainingResult,
) -> TrainingResult:
    from core.finetuning.curve import learning_curve

    with folder.points_file.open("a", encoding="utf-8") as lines:
        for point in learning_curve(order.base, splits, order.settings, stopped=stopped.is_set):
            lines.write(step_to_line(point))
            lines.flush()
    return replace(result, stopped=stopped.is_set())


def _tested(splits: Splits) -> tuple[Example, ...]:
    """Return the examples to test on: of very many the first 2,000, which is precise enough."""
    return splits.test[:_MOST_TESTED]


def peak_memory_bytes() -> int:
    """Return the most resident memory that this process has had."""
    # getrusage would count what the process that started this one had before.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _give_memory_back() -> None:
    """Return to the system what tensors took; the libraries that come later need some."""
    with suppress(OSError, AttributeError):  # another C library keeps less
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _listen(stopped: threading.Event) -> None:
    while os.read(0, 1):
        stopped.set()
    os._exit(1)


def main(arguments: Sequence[str]) -> int:
    """Train, or write down why not; return the exit status."""
    folder = TrainingFolder(Path(arguments[0]))
    stopped = threading.Event()
    threading.Thread(target=_listen, args=(stopped,), daemon=True).start()
    make_way()
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    try:
        run(folder, stopped)
    except LabError as error:
        folder.write_failure(error)
        return 2
    except MemoryError:
        folder.write_failure(_NO_MEMORY)
        return 2
    except RuntimeError as error:  # torch says so in words
        if "can't allocate memory" not in str(error):
            raise
        folder.write_failure(_NO_MEMORY)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
