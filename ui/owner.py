"""What whoever runs the lab told Streamlit in secret."""

from __future__ import annotations

import streamlit as st


def health_passphrase() -> str:
    """Return the passphrase of the health panel, empty when none was set."""
    if not st.secrets.load_if_toml_exists():
        return ""
    return str(st.secrets.get("health_passphrase", ""))
