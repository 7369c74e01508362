"""Open Model Lab: page settings and navigation; every screen lives under `pages/`."""

import streamlit as st

from ui.navigation import choose_page
from ui.server_start import load_home_in_background, prefer_navigation_to_pages_folder

if __name__ == "__main__":  # a visit
    st.set_page_config(page_title="Open Model Lab", page_icon="ui/icon.svg", layout="wide")
    choose_page().run()
else:  # the server's start, before any visit
    app = st.App(__file__)
    prefer_navigation_to_pages_folder()
    load_home_in_background()
