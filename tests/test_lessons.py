"""What the lessons promise: they load, they fit their time, they are true to the source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.errors import ContentError, LabError
from core.glossary import glossary, read_glossary
from core.lesson_parts import Code, Diagram, ExerciseBlock, LiveExample, Prose, Table
from core.lessons import (
    LESSONS_FOLDER,
    Lesson,
    Place,
    all_exercises,
    all_lessons,
    guide_files,
    lesson_files,
    placed,
    read_guide,
    read_lesson,
    task_guide,
)

ROOT = LESSONS_FOLDER.parent.parent
LISTED = yaml.safe_load((ROOT / "core" / "catalogue.yaml").read_text(encoding="utf-8"))
STARTERS = {starter["name"] for starter in LISTED["starters"]}

# Named as examples, too large or of another kind than the lab runs; ids checked on the Hub.
NAMED_ONLY = {
    "meta-llama/Meta-Llama-3-8B",
    "tiiuae/falcon-7b",
    "mistralai/Mistral-7B-v0.1",
    "mistralai/Mistral-7B-Instruct-v0.3",
    "bigscience/bloom",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "openai/whisper-large-v3",
    "google-bert/bert-base-uncased",
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    "allenai/OLMo-2-0425-1B",
}
RUN_BLOCKS = """
import contextlib, io, json, sys
printed = []
for line, source in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(source, f"block in line {line}", "exec"), {"__name__": "__main__"})
    printed.append((line, output.getvalue()))
print(json.dumps(printed))
"""

KNOWN_IDS = (
    NAMED_ONLY | {pick["id"] for pick in LISTED["hub"]} | {f"starter/{name}" for name in STARTERS}
)

TOPICS = """
use study modify share | architecture | weights | training data | fine-tune | deploy
open weights | Open Source Initiative | version 1.0 | closed | API
LLaMA | Falcon | Mistral | BLOOM | Stable Diffusion | Whisper | GPT-4 | Claude | Gemini
access customisation deployment transparency cost | freedom and transparency
control and stability | Apache 2.0 | MIT | RAIL | Llama 3 Community License | gated
GitHub for AI models | Models Hub | Datasets | Spaces | Streamlit or Gradio | Transformers
Tokenizers | model card | revision | pickle | safetensors | text-to-image
automatic-speech-recognition | text-generation | Once upon a time in AI world, | max_length
summarization | translation_en_to_fr | AutoModelForSeq2SeqLM | summarize: | context window
seed | temperature | top-p | cold | warm | time to first token | tokens per second | median
output length confounds latency | bert-base-uncased | customer feedback | sentiment analysis
more accuracy | less cost | less time | pretraining | overfitted | baseline | starter models
""".replace("\n", "|").split("|")

each_lesson = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.url_path)


def text_of(lesson: Lesson) -> str:
    parts = [*lesson.aims]
    for segment in lesson.segments:
        match segment:
            case Prose(text):
                parts.append(text)
            case ExerciseBlock(exercise):
                parts.append(texts_of(exercise.model_dump()))
            case Table(header, rows):
                parts += [cell for row in (header, *rows) for cell in row]
            case Code(_, source) | Diagram(source):
                parts.append(source)
            case LiveExample(task, model_id, prompt):
                parts += [task, f"`{model_id}`", prompt]
    return "\n".join(parts)


def texts_of(value: object) -> str:
    """Return every text in what an exercise was made of."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple):
        return "\n".join(map(texts_of, value))
    return value if isinstance(value, str) else ""


def count(texts: Iterable[str]) -> int:
    return sum(len(text.split()) for text in texts)


def test_there_are_six_lessons_in_order() -> None:
    assert [lesson.number for lesson in all_lessons()] == [1, 2, 3, 4, 5, 6]


def test_lessons_are_paired_with_tasks_as_planned() -> None:
    pairs = {lesson.number: lesson.task for lesson in all_lessons()}
    assert pairs == {
        **dict.fromkeys((1, 2, 3), "explore"),
        **{4: "test", 5: "compare", 6: "finetune"},
    }


@each_lesson
def test_a_lesson_fits_its_minutes(lesson: Lesson) -> None:
    words = count(s.text for s in lesson.segments if isinstance(s, Prose))
    skimmed = count(s.source for s in lesson.segments if isinstance(s, Code)) + count(
        cell for s in lesson.segments if isinstance(s, Table) for row in s.rows for cell in row
    )
    reading = (words + 0.3 * skimmed) / 170
    assert 600 <= words <= 1200
    assert 5 <= lesson.minutes <= 8
    # What is left over is for the live example and the exercises.
    assert reading - 0.5 <= lesson.minutes <= reading + 4


@each_lesson
def test_a_lesson_lets_the_student_try_check_and_go_on(lesson: Lesson) -> None:
    text = text_of(lesson)
    assert "## Try it" in text
    check = next(
        place
        for place, part in enumerate(lesson.segments)
        if isinstance(part, Prose) and part.text.endswith("## Check yourself")
    )
    exercises = lesson.segments[check + 1 : -1]
    assert 2 <= len(exercises) <= 3
    assert all(isinstance(part, ExerciseBlock) for part in exercises)
    assert isinstance(lesson.segments[-1], Prose)
    assert lesson.segments[-1].text.startswith("## Your turn")
    task = {
        "explore": "Task 1 Explore",
        "test": "Task 2 Test",
        "compare": "Task 3 Compare",
        "finetune": "Task 4 Fine-tune",
    }[lesson.task]
    assert f"**{task}**" in text.split("## Your turn")[1]


@each_lesson
def test_a_lesson_names_no_task_that_cannot_be_opened(lesson: Lesson) -> None:
    assert set(re.findall(r"Task \d", text_of(lesson))) <= {f"Task {at}" for at in (1, 2, 3, 4)}


@each_lesson
def test_every_model_id_in_a_lesson_is_known(lesson: Lesson) -> None:
    text = text_of(lesson)
    named = set(re.findall(r'[`"]([\w.-]+/[\w.-]+)[`"]', text)) - {"starters/models"}
    assert named <= KNOWN_IDS
    assert set(re.findall(r"starters/models/([\w-]+)", text)) <= STARTERS


@each_lesson
def test_a_live_example_runs_a_starter_with_valid_settings(lesson: Lesson) -> None:
    from core.inference.types import GenerationConfig, Task

    for example in (s for s in lesson.segments if isinstance(s, LiveExample)):
        assert example.model_id.removeprefix("starter/") in STARTERS
        assert Task(example.task)
        GenerationConfig(**dict(example.settings))


@each_lesson
def test_links_lead_only_to_hugging_face(lesson: Lesson) -> None:
    """Links inside the lab would open a second visit; the pages draw those as buttons."""
    prose = "\n\n".join(s.text for s in lesson.segments if isinstance(s, Prose))
    tokens = MarkdownIt().parse(prose)
    inline = [child for token in tokens for child in token.children or ()]
    links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    assert [link for link in links if not link.startswith("https://huggingface.co")] == []
    assert [child for child in inline if child.type == "image"] == []


@each_lesson
def test_every_python_block_runs_as_it_stands(lesson: Lesson) -> None:
    """One fresh interpreter a lesson, with a fresh namespace and no network for each block."""
    blocks = [s for s in lesson.segments if isinstance(s, Code) and s.language == "python"]
    if not blocks:
        pytest.skip("this lesson shows no Python")
    needed = {
        name
        for block in blocks
        for name in re.findall(r"(?:starters/models|starter)/([\w-]+)", block.source)
    }
    if absent := sorted(n for n in needed if not (ROOT / "starters/models" / n).is_dir()):
        pytest.skip(f"not trained yet: {', '.join(absent)}")
    run = subprocess.run(
        [sys.executable, "-c", RUN_BLOCKS],
        input=json.dumps([(block.line, block.source) for block in blocks]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    printed = json.loads(run.stdout.splitlines()[-1])
    assert [line for line, text in printed if not text.strip()] == []


def test_every_topic_of_the_course_is_covered() -> None:
    text = re.sub(r"\W+", " ", " ".join(map(text_of, all_lessons()))).casefold()
    wanted = [topic.strip() for topic in TOPICS if topic.strip()]
    # The freedoms and the rows of the table are lists of single words.
    lists = ("use study", "access customisation")
    phrases = [word for t in wanted for word in (t.split() if t.startswith(lists) else [t])]
    missing = [p for p in phrases if re.sub(r"\W+", " ", p).strip().casefold() not in text]
    assert missing == []


def test_each_term_of_the_glossary_is_used_in_its_lesson() -> None:
    lessons = {lesson.number: text_of(lesson).casefold() for lesson in all_lessons()}
    assert [t.term for t in glossary() if t.term.casefold() not in lessons[t.lesson]] == []


def test_the_glossary_is_sorted_and_every_anchor_is_its_own() -> None:
    terms = glossary()
    names = [term.term.casefold() for term in terms]
    assert len(terms) >= 35
    assert names == sorted(names)
    assert len({term.anchor for term in terms}) == len(terms)


@pytest.mark.parametrize("name", ["explore", "test", "compare", "finetune"])
def test_a_task_guide_gives_steps_and_leads_back_to_lessons(name: str) -> None:
    guide = task_guide(name)
    assert guide.name == name
    assert 4 <= len(guide.steps) <= 6
    assert 50 <= len(f"{guide.text} {guide.after}".split()) <= 200
    assert guide.lessons == tuple(each.number for each in all_lessons() if each.task == name)


def test_an_unknown_guide_is_an_error_with_a_next_step() -> None:
    with pytest.raises(LabError) as caught:
        task_guide("nonsense")
    assert caught.value.next_step


GOOD = """---
title: A title
minutes: 6
aims:
  - one aim
task: test
---
Hello.

```python
print(1)
```
"""


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("---\ntitle", "title"), 1, "front matter"),
        (("---\nHello", "Hello"), 1, "never closed"),
        (("minutes: 6", "minutes: six"), 3, "'minutes' must be"),
        (("minutes: 6", "minutes: true"), 3, "'minutes' must be"),
        (("title: A title", "title:"), 2, "'title' must be"),
        (("  - one aim", "  []"), 4, "'aims' must be"),
        (("task: test", "tusk: test"), 6, "unknown key 'tusk'"),
        (("task: test\n", ""), 2, "'task' is missing"),
        (("title: A title", "title: [A title"), 3, "not valid YAML"),
        (("Hello.", "<b>Hello</b>"), 8, "HTML"),
        (("Hello.", "<details>\nHello\n</details>"), 8, "HTML"),
        (("```python", "```"), 10, "names its language"),
        (("```python", "```mermaid"), 10, "a diagram says"),
        (("```python\nprint(1)", "```live\ntask: a\nmodel: b\nprompt: c\nsede: 1"), 14, "'sede'"),
        (("```python\nprint(1)", "```live\ntask: a\nmodel: b"), 11, "'prompt' is missing"),
        (("```python\nprint(1)", "```live\nnothing"), 11, "key: value"),
    ],
)
def test_a_broken_lesson_is_refused_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], line: int, says: str
) -> None:
    assert change[0] in GOOD
    file = tmp_path / "01-broken.md"
    file.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read_lesson(file)
    assert caught.value.message.startswith(f"01-broken.md:{line}: ")
    assert says in caught.value.message
    assert caught.value.next_step


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    junk=st.binary(max_size=40) | st.sampled_from([b"---\n", b"```live\n", b"```\n", b": ["]),
    place=st.integers(0, len(GOOD)),
)
def test_no_damage_to_a_file_escapes_as_another_error(
    tmp_path: Path, junk: bytes, place: int
) -> None:
    file = tmp_path / "01-damaged.md"
    raw = GOOD.encode()
    file.write_bytes(raw[:place] + junk + raw[place:])
    lines = file.read_bytes().count(b"\n") + 1
    for read in (read_lesson, read_glossary):
        try:
            read(file)
        except ContentError as error:
            found = re.match(r"01-damaged\.md:(\d+): ", error.message)
            assert found
            assert 1 <= int(found.group(1)) <= lines


def test_a_body_loses_nothing_when_it_is_cut_into_segments(tmp_path: Path) -> None:
    file = tmp_path / "03-whole.md"
    file.write_text(
        GOOD.replace("Hello.", "One.\n\n- a list\n\n  ```text\n  inside\n  ```\n\nTwo.")
        + "\nThree.",
        encoding="utf-8",
    )
    lesson = read_lesson(file)
    assert lesson.number == 3
    before, code, after = lesson.segments
    assert isinstance(before, Prose)
    assert "inside" in before.text
    assert before.text.endswith("Two.")
    assert code == Code("python", "print(1)", line=18)
    assert after == Prose("Three.")


def test_a_table_keeps_every_cell_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "01-table.md"
    table = "Before.\n\n| a | **b** |\n|---|---|\n| `c/d` | |\n| e | f |\n\nAfter."
    file.write_text(GOOD.replace("Hello.", table), encoding="utf-8")
    assert read_lesson(file).segments[:3] == (
        Prose("Before."),
        Table(("a", "**b**"), (("`c/d`", ""), ("e", "f"))),
        Prose("After."),
    )


EXERCISE = """```exercise
id: {id}
kind: number
title: A number
ask: How many?
answer: 3
hints: [Count.]
solution: Three.
```
"""
GUIDE = "---\ntitle: A guide\nminutes: 5\nlessons: {lessons}\n---\n"


def test_exercises_of_a_lesson_stand_where_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "01-some.md"
    file.write_text(GOOD.replace("Hello.", f"Hello.\n\n{EXERCISE.format(id='one')}\nOn."))
    before, block, after, code = read_lesson(file).segments
    assert before == Prose("Hello.")
    assert isinstance(block, ExerciseBlock)
    assert (block.exercise.id, block.line) == ("one", 10)
    assert after == Prose("On.")
    assert isinstance(code, Code)


def test_a_guide_keeps_its_prose_apart_from_its_steps(tmp_path: Path) -> None:
    file = tmp_path / "task-2-some.md"
    one, two = EXERCISE.format(id="one"), EXERCISE.format(id="two")
    file.write_text(f"{GUIDE.format(lessons='[1]')}Before.\n\n{one}\nBetween.\n\n{two}\nAfter.\n")
    guide = read_guide(file)
    assert [step.id for step in guide.steps] == ["one", "two"]
    assert (guide.text, guide.after) == ("Before.\n\nBetween.", "After.")
    assert [block.line for block in guide.blocks] == [8, 20]


def test_a_guide_without_steps_is_all_text(tmp_path: Path) -> None:
    file = tmp_path / "task-2-some.md"
    file.write_text(f"{GUIDE.format(lessons='[1]')}1. Go.\n2. Look.\n")
    guide = read_guide(file)
    assert (guide.text, guide.steps, guide.after) == ("1. Go.\n2. Look.", (), "")


@pytest.mark.parametrize("name", ["01-lesson.md", "task-1-guide.md"])
def test_an_exercise_inside_a_list_is_refused_for_it_would_show_its_answers(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    inside = EXERCISE.format(id="one").replace("\n", "\n   ")
    start = GOOD.split("Hello.")[0] if name[0] == "0" else GUIDE.format(lessons="[1]")
    file.write_text(f"{start}1. Do this:\n\n   {inside}\n")
    with pytest.raises(ContentError, match=r"\.md:\d+: an exercise begins at the start"):
        (read_lesson if name[0] == "0" else read_guide)(file)


def test_exercises_come_in_course_order_each_task_after_the_last_lesson_behind_it(
    tmp_path: Path,
) -> None:
    for number in ("01", "02", "03"):
        text = GOOD + EXERCISE.format(id=f"lesson-{number}")
        (tmp_path / f"{number}-some.md").write_text(text)
    for number, lessons in ((1, "[1, 2]"), (2, "[3]")):
        text = GUIDE.format(lessons=lessons) + EXERCISE.format(id=f"task-{number}")
        (tmp_path / f"task-{number}-do{number}.md").write_text(text)
    lessons = {path: read_lesson(path) for path in lesson_files(tmp_path)}
    guides = {path: read_guide(path) for path in guide_files(tmp_path)}
    found = placed(lessons, guides)
    assert [one.exercise.id for one in found] == [
        "lesson-01", "lesson-02", "task-1", "lesson-03", "task-2",
    ]  # fmt: skip
    assert found[0].place == Place("lesson", "1")
    assert found[2].place == Place("task", "do1")


def test_an_id_that_is_taken_is_refused_with_its_line(tmp_path: Path) -> None:
    for number in ("01", "02"):
        (tmp_path / f"{number}-some.md").write_text(GOOD + EXERCISE.format(id="same"))
    lessons = {path: read_lesson(path) for path in lesson_files(tmp_path)}
    with pytest.raises(ContentError, match=r"02-some\.md:13: the id 'same' .* lesson 1"):
        placed(lessons, {})


def test_every_exercise_of_the_course_is_listed_with_its_place() -> None:
    listed = {one.exercise.id: one.place for one in all_exercises()}
    for lesson in all_lessons():
        for block in lesson.blocks:
            assert listed[block.exercise.id] == Place("lesson", str(lesson.number))
    for name in ("explore", "test", "compare", "finetune"):
        for step in task_guide(name).steps:
            assert listed[step.id] == Place("task", name)


def test_a_guide_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "task-9-odd.md"
    file.write_text("---\ntitle: Odd\nminutes: 5\nlesson: [1]\n---\n1. Go.\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"task-9-odd\.md:4: unknown key 'lesson'"):
        read_guide(file)
