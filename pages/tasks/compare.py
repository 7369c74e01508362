"""Task 3: the same inputs to several models, side by side."""

from ui.compare_bench import show_form, show_run
from ui.guide import show_task_foot, show_task_head

show_task_head(
    "compare",
    title="Task 3: Compare models",
    subtitle="Give several models the same inputs, and weigh their outputs, latency and length.",
)
show_run(running=show_form())
show_task_foot("compare")
