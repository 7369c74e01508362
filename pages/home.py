"""Home: where you are in Day 9, the way on, and what this machine can do."""

from ui.home import show_machine, show_progress, show_welcome

show_welcome()
show_progress()
show_machine()
