"""The health of the lab, for whoever runs it."""

import streamlit as st

from ui.health import show_door, show_panel

st.title("Health", anchor=False)
if show_door():
    show_panel()
