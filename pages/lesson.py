"""The lesson whose address was asked for."""

from core.lessons import all_lessons
from ui.lesson import show_lesson
from ui.navigation import shown_path

show_lesson(next(lesson for lesson in all_lessons() if lesson.url_path == shown_path()))
