"""Task 1: look for models, datasets and Spaces, and read what is said of them."""

from ui.explore import show_explore
from ui.guide import show_task_foot, show_task_head

show_task_head(
    "explore",
    title="Task 1: Explore the Hub",
    subtitle="Look for models, datasets and Spaces; read their cards like a detective; see what "
    "fits this machine.",
)
show_explore()
show_task_foot("explore")
