"""Build starter models from nothing: `python -m starters.build [NAME ...] [--fresh]`.

A run that was stopped goes on from its last checkpoint in build/starters/NAME/.
"""

from __future__ import annotations

import argparse
import shutil
import time

from starters.training.export import export
from starters.training.loop import open_run, train
from starters.training.recipes import RECIPES, WORK, Recipe

REPORT_EVERY = 50


def build(recipe: Recipe, *, fresh: bool = False) -> None:
    """Train one model to its recipe's last step and write its folder."""
    folder = WORK / recipe.name
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    run = open_run(recipe, folder)
    with (WORK / f"{recipe.name}.log").open("a" if run.step else "w", encoding="utf-8") as log:
        for now in train(run):
            checked = now.validation_loss is not None
            if checked or now.step % REPORT_EVERY == 0:
                line = f"step {now.step}/{recipe.steps} loss {now.loss:.4f}"
                line += f" rate {now.learning_rate:.5f} trained {now.trained_s:.0f} s"
                line += f" validation {now.validation_loss:.4f}" if checked else ""
                print(line, file=log, flush=True)
    export(run)


def main() -> None:
    """Build the models named on the command line, or all of them, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m starters.build", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--fresh", action="store_true", help="start again from random weights")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(RECIPES)
    if unknown:
        parser.error(f"no recipe for {', '.join(sorted(unknown))}; there are {', '.join(RECIPES)}")
    for name in arguments.names or RECIPES:
        started_s = time.monotonic()
        build(RECIPES[name], fresh=arguments.fresh)
        print(f"{name}: {(time.monotonic() - started_s) / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
