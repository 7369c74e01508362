"""My lab: what was done, what is handed in, restoring and deleting it."""

from ui.my_lab import show_my_lab

show_my_lab()
