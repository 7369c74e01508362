"""Task 2: prompt one model and watch it answer."""

import streamlit as st

from core.inference.types import Task
from ui.form import choose_task
from ui.guide import show_task_foot, show_task_head
from ui.test_bench import show_form, show_history, show_output

show_task_head(
    "test",
    title="Task 2: Test a model",
    subtitle="Prompt one model, watch it write token by token, and read what that cost.",
)
task = choose_task("test", default=Task.TEXT_GENERATION)
form, output = st.columns([5, 6], gap="large")
with form:
    running = show_form(task)
with output, st.container(key="test-output"):
    show_output(task, running=running)
show_history()
show_task_foot("test")
