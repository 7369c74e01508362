"""What a benchmark is and what it reports.

A new topic is a file `benchmarks/<topic>.py` with functions under `@benchmark` that yield
`Measurement`s. Nothing else needs to know of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import benchmarks


@dataclass(frozen=True)
class Measurement:
    """One figure of the lab, what it was held against in the same run, and the bar it must reach.

    `ratio` is `value` over the same figure of `against`. The bar is on the ratio where there is
    one, on the value otherwise; a figure without a bar is there to be known.
    """

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    against: str | None = None
    ratio: float | None = None
    bar: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None where there is no bar."""
        if self.bar is None:
            return None
        judged = self.value if self.ratio is None else self.ratio
        return judged >= self.bar if self.better == "higher" else judged <= self.bar


Benchmark = Callable[[], Iterator[Measurement]]
_TOPICS: dict[str, list[Benchmark]] = {}
# What benchmarks are made with.
MACHINERY = {"__main__", "contestants", "growth_chart", "registry", "sized_models"}


def benchmark(function: Benchmark) -> Benchmark:
    """Register `function` under the name of its file."""
    _TOPICS.setdefault(function.__module__.rpartition(".")[2], []).append(function)
    return function


def topics() -> dict[str, list[Benchmark]]:
    """Return the benchmarks of each file of this folder."""
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name not in MACHINERY:
            importlib.import_module(f"benchmarks.{module.name}")
    return dict(sorted(_TOPICS.items()))
