"""`python -m benchmarks NAME [--json]`: measure one topic, or `all` of them.

Exits with 1 if a bar was missed, so that a script can tell.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from benchmarks.registry import Measurement, topics

_VERDICTS = {True: "reached", False: "MISSED", None: ""}
_ROW = "{:<44} {:>12} {:<9} {:>8} {:>8}  {:<8} {}"


def main() -> int:
    """Run what the command line names and print each figure as soon as it is known."""
    known = topics()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topic", choices=[*known, "all"])
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()

    if not options.json:
        print(_ROW.format("", "value", "unit", "ratio", "bar", "", "against").rstrip())
    all_reached = True
    for topic in known if options.topic == "all" else [options.topic]:
        for benchmark in known[topic]:
            for measurement in benchmark():
                print(_as_json(measurement) if options.json else _as_row(measurement), flush=True)
                all_reached &= measurement.reached is not False
    return 0 if all_reached else 1


def _as_json(measurement: Measurement) -> str:
    return json.dumps(asdict(measurement))


def _as_row(measurement: Measurement) -> str:
    sign = "≥" if measurement.better == "higher" else "≤"
    return _ROW.format(
        measurement.name,
        f"{measurement.value:,.3g}" if measurement.value < 100 else f"{measurement.value:,.0f}",
        measurement.unit,
        "" if measurement.ratio is None else f"{measurement.ratio:.2f}x",
        "" if measurement.bar is None else f"{sign} {measurement.bar:g}",
        _VERDICTS[measurement.reached],
        measurement.against or "",
    ).rstrip()


if __name__ == "__main__":
    sys.exit(main())
