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
from core.lessons import (
    LESSONS_FOLDER,
    Answers,
    Code,
    Diagram,
    Lesson,
    LiveExample,
    Prose,
    Table,
    all_lessons,
    glossary,
    read_glossary,
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
            case Prose(text) | Answers(text):
                parts.append(text)
            case Table(header, rows):
                parts += [cell for row in (header, *rows) for cell in row]
            case Code(_, source) | Diagram(source):
                parts.append(source)
            case LiveExample(task, model_id, prompt):
                parts += [task, f"`{model_id}`", prompt]
    return "\n".join(parts)


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
    words = count(s.text for s in lesson.segments if isinstance(s, Prose | Answers))
    skimmed = count(s.source for s in lesson.segments if isinstance(s, Code)) + count(
        cell for s in lesson.segments if isinstance(s, Table) for row in s.rows for cell in row
    )
    reading = (words + 0.3 * skimmed) / 170
    assert 700 <= words <= 1200
    assert 5 <= lesson.minutes <= 8
    # What is left over is for the live example and the questions.
    assert reading - 0.5 <= lesson.minutes <= reading + 4


@each_lesson
def test_a_lesson_lets_the_student_try_check_and_go_on(lesson: Lesson) -> None:
    text = text_of(lesson)
    assert "## Try it" in text
    questions = re.search(r"## Check yourself\n\n(1\. .*\n2\. .*\n3\. .*)", text)
    assert questions
    answers = [s.text for s in lesson.segments if isinstance(s, Answers)]
    assert len(answers) == 1
    assert re.findall(r"^\d", answers[0], re.MULTILINE) == ["1", "2", "3"]
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
    prose = "\n\n".join(s.text for s in lesson.segments if isinstance(s, Prose | Answers))
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
    assert 4 <= len(re.findall(r"^\d+\. ", guide.text, re.MULTILINE)) <= 6
    assert 100 <= len(guide.text.split()) <= 200
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


def test_a_guide_with_a_wrong_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "task-9-odd.md"
    file.write_text("---\ntitle: Odd\nminutes: 5\nlesson: [1]\n---\n1. Go.\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"task-9-odd\.md:4: unknown key 'lesson'"):
        read_guide(file)
