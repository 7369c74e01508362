"""The charts of the report: those of the screens, in colours for paper, each with what it shows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from core.finetuning.curve import CurvePoint
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.work.entries import Curve, Trained

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    AnyChart: TypeAlias = alt.Chart | alt.LayerChart

_NARROW, _WIDE = 250, 480  # pixels between the axes: half a page, and a whole one
_TALLEST = 250
_LONGEST_BESIDE = 18
_INK, _GREY, _LINES = "#1A2530", "#5B6B77", "#E3E8EC"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
# As the screens have it in light.
_LOOK = {
    "background": "#FFFFFF",
    "font": _FONT,
    "axis": {
        "labelColor": _GREY,
        "labelFontSize": 12,
        "titleColor": _GREY,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": _LINES,
        "domainColor": _LINES,
        "tickColor": _LINES,
    },
    "legend": {"labelColor": _INK, "labelFontSize": 12, "titleColor": _GREY},
    "view": {"stroke": None},
}


@dataclass(frozen=True)
class Picture:
    """A chart that is to be drawn: its title, what it shows in a sentence, how it is drawn."""

    title: str
    finding: str
    spec: Mapping[str, Any]
    wide: bool = False

    @property
    def alt(self) -> str:
        """The words for whoever does not see it."""
        return f"{self.title}: {self.finding}."


@dataclass(frozen=True)
class Drawn:
    """A chart as the page has it; `address` is "" where it could not be drawn."""

    title: str
    finding: str
    alt: str
    address: str
    wide: bool


def comparison_pictures(frame: pd.DataFrame, task: Task) -> tuple[Picture, ...]:
    """Return the charts of a comparison that has measured something."""
    from core import charts

    # Long names beside a chart of half a page would leave nothing of it.
    names = charts.short_names(frame["candidate"].unique()).values()
    wide = max(map(len, names)) > _LONGEST_BESIDE
    scored = bool(frame["chrf"].notna().any())
    # Four charts of half a page fill it, where the last one's legend has room.
    four = scored and not wide and len(names) == 2

    def pictures() -> Iterator[Picture]:
        if scored:
            yield _picture(
                "Quality", charts.quality_finding, charts.quality_chart, frame, wide=wide
            )
        yield _picture("Latency", charts.latency_finding, charts.latency_chart, frame, wide=wide)
        if TASKS[task].writes:
            yield _picture(
                "Output length", charts.length_finding, charts.length_chart, frame, wide=wide
            )
            yield _picture(
                "Latency against output length",
                charts.trade_off_finding,
                charts.trade_off_chart,
                frame,
                wide=not four,
            )

    return tuple(pictures())


def training_pictures(trained: Trained) -> tuple[Picture, ...]:
    """Return the curves of a training."""
    from core.finetuning import result_charts as charts

    steps = trained.steps
    pictures = []
    if steps:
        pictures.append(_picture("Loss", charts.loss_finding, charts.loss_chart, steps))
    if any(step.validation_accuracy is not None for step in steps):
        pictures.append(_picture("Accuracy", charts.accuracy_finding, charts.accuracy_chart, steps))
    return tuple(pictures)


def curve_points(curve: Curve) -> tuple[CurvePoint, ...]:
    """Return the points of a learning curve as its chart takes them; their cost is not kept."""
    return tuple(
        CurvePoint(one.labels_used, one.pretrained, one.accuracy, 0.0, len(curve.points), 0.0)
        for one in curve.points
    )


def curve_picture(curve: Curve) -> Picture:
    """Return a learning curve."""
    from core.finetuning.curve_chart import curve_chart, curve_finding

    points = curve_points(curve)
    sizes = sorted({point.labels_used for point in points})
    return _picture(
        "Learning curve",
        curve_finding,
        lambda drawn: curve_chart(drawn, sizes),
        points,
        wide=True,
    )


def as_drawn(picture: Picture, svg: str | None) -> Drawn:
    """Return `picture` with its drawing as an address, in which nothing can act."""
    address = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" if svg else ""
    return Drawn(picture.title, picture.finding, picture.alt, address, picture.wide)


def _picture(
    title: str,
    finding: Callable[[Any], str],
    chart: Callable[[Any], AnyChart],
    shown: pd.DataFrame | Sequence[Any],
    *,
    wide: bool = False,
) -> Picture:
    spec = chart(shown).to_dict(validate=False)
    spec["width"] = _WIDE if wide else _NARROW
    spec["height"] = min(_TALLEST, spec.get("height", _TALLEST))
    spec["config"] = _LOOK
    return Picture(title, finding(shown), spec, wide)
