"""Markdown of ours as HTML for the report; what others wrote in it comes escaped and stays so."""

from __future__ import annotations

import re

from markupsafe import Markup

from core.explore.card_html import render_card

# What only Streamlit draws.
_ICONS = re.compile(r":material/[a-z0-9_]+:\s*")


def prose(markdown: str) -> Markup:
    """Return `markdown` as HTML that cannot act; links into the lab lead nowhere on paper."""
    return Markup(render_card(_ICONS.sub("", markdown)).html)  # noqa: S704 - sanitised there
