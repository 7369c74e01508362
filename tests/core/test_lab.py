"""The lab takes a request, finds or loads its model, and answers."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.catalogue import build_catalogue
from core.errors import (
    BadInputError,
    BusyError,
    LabError,
    RefusedModelError,
    UnknownModelError,
    UnsupportedTaskError,
)
from core.inference.lab import Lab
from core.inference.ticket import State, Ticket
from core.inference.types import Chunk, GenerationConfig, Request, Task
from core.inference.variants import INT8, REFERENCE, Variant, choose
from core.settings import Settings
from tests.random_models import make_gpt2

STORY, T5 = "local/story", "local/t5"
WRITE, SUM_UP, FRENCH = Task.TEXT_GENERATION, Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR


def ask(
    text: str = "Once upon", model: str = STORY, task: Task = WRITE, **config: float
) -> Request:
    settings = {"max_new_tokens": 8, **config}
    return Request(task, model, text, GenerationConfig(**settings))  # type: ignore[arg-type]


def test_an_answer_is_what_the_model_wrote_with_its_lengths_and_where_it_came_from(
    lab: Lab, plain: Callable[..., str]
) -> None:
    result = lab.run(ask(ignore_end=True))
    assert result.output == plain("story", "Once upon", max_new_tokens=8, min_new_tokens=8)
    assert result.tokens_out == 8
    assert result.tokens_in == lab.count_tokens(ask())
    assert result.tokens_per_s is not None
    assert not result.stopped
    made = result.provenance
    assert (made.model_id, made.engine, made.precision) == (STORY, "transformers", "float32")
    assert (made.device, made.threads, made.where) == ("cpu", 1, "live")
    assert made.revision
    assert {name for name, _ in made.versions} == {"transformers", "torch", "tokenizers"}


def test_the_parts_of_the_time_are_all_there(lab: Lab) -> None:
    timing = lab.run(ask(ignore_end=True)).timing
    assert timing.queue_s >= 0
    assert timing.ttft_s > 0
    assert timing.decode_s > 0
    assert timing.total_s >= timing.ttft_s + timing.decode_s


def test_the_first_run_is_cold_and_the_next_is_warm(lab: Lab) -> None:
    assert [lab.run(ask()).timing.cold for _ in range(3)] == [True, False, False]
    assert list(lab.pool.loaded()) == [f"{STORY} transformers float32"]


def test_notices_say_what_was_changed(lab: Lab) -> None:
    assert lab.run(ask()).notices == ()
    removed, cut = lab.run(ask("\0" + "robot " * 300)).notices
    assert "1 invisible control character was removed" in removed
    assert "at the beginning were left out" in cut


def test_each_task_of_a_model_is_done_in_its_way(lab: Lab, plain: Callable[..., str]) -> None:
    for task, prefix in [(SUM_UP, "summarize: "), (FRENCH, "translate English to French: ")]:
        theirs = plain("t5", f"{prefix}Hello", max_new_tokens=8)
        asked = replace(ask("Hello", T5, task), runtime=REFERENCE)
        assert lab.run(asked).output == theirs


def test_a_task_that_the_model_does_not_do_is_refused_with_those_it_does(lab: Lab) -> None:
    with pytest.raises(UnsupportedTaskError, match=r"does not do summ.*text-generation"):
        lab.submit(ask(task=SUM_UP))
    with pytest.raises(UnsupportedTaskError, match="summarization, translation_en_to_fr"):
        lab.submit(ask(model=T5))


def test_an_unknown_model_is_refused_at_once(lab: Lab) -> None:
    with pytest.raises(UnknownModelError, match="Did you mean local/story"):
        lab.submit(ask(model="local/storry"))


def test_a_refused_model_says_why_and_is_not_loaded(limits: Settings, tmp_path: Path) -> None:
    (tmp_path / "models" / "empty").mkdir(parents=True)
    chosen = replace(limits, models_dir=tmp_path / "models")
    lab = Lab(build_catalogue(chosen, starters=tmp_path), chosen)
    with pytest.raises(RefusedModelError, match=r"config\.json of empty"):
        lab.submit(ask(model="local/empty"))
    assert lab.pool.loaded() == {}


@pytest.mark.parametrize("text", ["", "\0", "a" * 200_000])
def test_unusable_text_is_refused_before_it_waits_in_line(lab: Lab, text: str) -> None:
    for request in (lab.submit, lab.run, lab.count_tokens):
        with pytest.raises(BadInputError):
            request(ask(text))
    assert lab.pool.loaded() == {}


def test_a_model_deleted_before_its_first_use_is_told_in_words_and_the_next_run_works(
    limits: Settings, tmp_path: Path
) -> None:
    folder = make_gpt2(tmp_path / "models" / "gone")
    shutil.copytree(folder, tmp_path / "copy")
    chosen = replace(limits, models_dir=folder.parent)
    lab = Lab(build_catalogue(chosen, starters=tmp_path), chosen)
    shutil.rmtree(folder)
    with pytest.raises(RefusedModelError, match="no longer there"):
        lab.run(ask(model="local/gone"))
    shutil.copytree(tmp_path / "copy", folder)
    assert lab.run(ask(model="local/gone")).tokens_out


def test_models_that_do_not_fit_together_take_turns(models_dir: Path, limits: Settings) -> None:
    known = build_catalogue(limits, starters=models_dir / "none")
    tight = replace(limits, memory_budget_bytes=known.find(STORY).memory_bytes)
    lab = Lab(known, tight)
    for model in (STORY, "local/twin"):
        assert lab.run(ask(model=model)).timing.cold
        assert list(lab.pool.loaded()) == [f"{model} transformers float32"]


def test_a_stopped_run_keeps_what_it_gave(lab: Lab) -> None:
    ticket = lab.submit(ask(max_new_tokens=110, ignore_end=True))
    stream = ticket.stream()
    while not ticket.tokens:
        next(stream)
    ticket.cancel()
    result = ticket.result(timeout_s=60)
    assert ticket.state is State.STOPPED
    assert result.stopped
    assert 0 < result.tokens_out < 110
    assert result.output == ticket.text


def test_students_with_different_prompts_never_get_each_others_answers(lab: Lab) -> None:
    """Each request has a seed of its own; 30 threads mix models, tasks and prompts."""
    length = {"max_new_tokens": 24}

    def request(number: int) -> Request:
        if number % 3 == 2:
            return ask(f"number {number}", T5, FRENCH, temperature=1.5, seed=number, **length)
        model = (STORY, "local/twin")[number % 2]
        return ask(f"number {number} is", model, temperature=1.5, seed=number, **length)

    alone = [lab.run(request(number)).output for number in range(30)]
    # Random models repeat themselves a little, and differently on each machine.
    assert len(set(alone)) > 15
    with ThreadPoolExecutor(30) as threads:
        together = list(threads.map(lambda n: "".join(lab.submit(request(n)).stream()), range(30)))
    assert together == alone


def test_what_the_engine_cannot_do_is_told_and_the_model_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.run(ask())
    model = model_in(lab, Variant(lab.catalogue.find(STORY), REFERENCE))
    with monkeypatch.context() as patch:
        patch.setattr(model, "generate", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            lab.run(ask())
    assert lab.run(ask()).tokens_out


def test_a_hub_model_that_cannot_be_fetched_fails_its_ticket_in_words(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object, **__: object) -> Path:
        raise LabError("No network.", next_step="Use a starter.")

    monkeypatch.setattr("core.inference.loading.fetch", fetch)
    big = replace(lab.settings, memory_budget_bytes=2**40)
    roomy = Lab(build_catalogue(big, starters=Path("none")), big)
    with pytest.raises(LabError, match=r"No network\. Use a starter"):
        roomy.run(ask(model="gpt2"))


def model_in(lab: Lab, variant: Variant) -> Any:
    """The loaded model of `variant`, to be broken."""
    with lab.pool.lease(variant.key, memory_bytes=0, load=lambda: 1 / 0) as lease:  # type: ignore[arg-type, return-value]
        return lease.model


def test_the_fastest_engine_answers_unless_another_is_asked_for(lab: Lab) -> None:
    fast = lab.run(ask("Hello", T5, FRENCH))
    slow = lab.run(replace(ask("Hello", T5, FRENCH), runtime=REFERENCE))
    drawn = lab.run(ask("Hello", T5, FRENCH, temperature=1.0))
    engines = [result.provenance.engine for result in (fast, slow, drawn)]
    assert engines == ["ctranslate2", "transformers", "transformers"]
    assert fast.provenance.precision == "int8"
    assert fast.notices == slow.notices == drawn.notices == ()
    lanes = {status.lane: status for status in lab.lanes()}
    assert lanes[f"{T5} ctranslate2 int8"].width > 1
    with pytest.raises(UnsupportedTaskError):
        lab.submit(replace(ask("Hello", T5, FRENCH, temperature=1.0), runtime=INT8))


def test_an_engine_that_cannot_load_a_model_is_replaced_and_not_tried_again(
    models_dir: Path, limits: Settings, tmp_path: Path
) -> None:
    (tmp_path / "a file").touch()
    unusable = replace(limits, cache_dir=tmp_path / "a file")
    lab = Lab(build_catalogue(unusable, starters=tmp_path), unusable)
    request = ask("Hello", T5, FRENCH)
    reference = lab.run(replace(request, runtime=REFERENCE))
    first, second, asked = lab.submit(request), lab.submit(request), None
    for ticket in (first, second):
        result = ticket.result(timeout_s=60)
        assert result.output == reference.output
        assert result.provenance.engine == "transformers"
        (notice,) = result.notices
        assert notice.startswith("ctranslate2 could not run this model (")
        assert "could not be converted" in notice
        assert notice.endswith("). transformers answered instead.")
    asked = lab.submit(replace(request, runtime=INT8))
    assert asked.lane == f"{T5} transformers float32"  # at once
    assert len(asked.result(timeout_s=60).notices) == 1
    assert lab.count_tokens(request) == reference.tokens_in
    assert lab.journal.problems


def test_an_engine_that_breaks_off_is_replaced_and_what_it_wrote_is_forgotten(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask("Hello", T5, FRENCH)
    reference = lab.run(replace(request, runtime=REFERENCE))
    lab.run(request)

    def breaks_off(*_: object, emit: Callable[[Chunk], None], **__: object) -> None:
        emit(Chunk("half an answer", 3))
        raise RuntimeError("out of memory")

    model = model_in(lab, choose(lab.catalogue.find(T5), request))
    monkeypatch.setattr(model, "generate", breaks_off)
    result = lab.run(request)
    assert (result.output, result.tokens_out) == (reference.output, reference.tokens_out)
    assert result.notices == (
        "ctranslate2 could not run this model (RuntimeError). transformers answered instead.",
    )


def test_what_is_not_the_engines_fault_is_told_and_blamed_on_no_engine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask("Hello", T5, FRENCH)
    lab.run(request)
    model = model_in(lab, choose(lab.catalogue.find(T5), request))

    def refuses(*_: object) -> None:
        raise BadInputError("Not in this language.")

    with monkeypatch.context() as patch:
        patch.setattr(model, "read", refuses)
        with pytest.raises(BadInputError):
            lab.run(request)
        with pytest.raises(BadInputError):
            lab.count_tokens(request)
    assert lab.run(request).provenance.engine == "ctranslate2"


def test_an_engine_without_a_reference_to_fall_back_to_fails_in_words(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ask("Hello", T5, FRENCH)
    lab.run(request)
    variant = choose(lab.catalogue.find(T5), request)
    monkeypatch.setattr(model_in(lab, variant), "generate", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("core.inference.fallback.variants_of", lambda _: (variant,))
    with pytest.raises(
        RefusedModelError, match=r"could not run local/t5 \(ZeroDivisionError"
    ) as told:
        lab.run(request)
    assert told.value.next_step


def test_models_are_loaded_ahead_and_what_cannot_be_is_reported(
    limits: Settings, tmp_path: Path
) -> None:
    make_gpt2(tmp_path / "models" / "fine")
    make_gpt2(tmp_path / "models" / "gone")
    chosen = replace(limits, models_dir=tmp_path / "models")
    lab = Lab(build_catalogue(chosen, starters=tmp_path), chosen)
    shutil.rmtree(tmp_path / "models" / "gone")
    variants = [
        Variant(lab.catalogue.find(f"local/{name}"), REFERENCE) for name in ("gone", "fine")
    ]
    lab.warm_up(variants)
    (problem,) = lab.journal.problems
    assert problem.lane == variants[0].key
    assert "no longer there" in problem.what
    assert list(lab.pool.loaded()) == [variants[1].key]
    assert not lab.run(ask(model="local/fine")).timing.cold


def test_the_probabilities_of_each_token_come_with_the_result(lab: Lab) -> None:
    result = lab.run(ask(ignore_end=True, alternatives=3))
    assert len(result.choices) == result.tokens_out == 8
    assert all(len(choice.alternatives) == 3 for choice in result.choices)


def test_waiting_for_the_cores_is_waiting_and_can_be_stopped(lab: Lab) -> None:
    lab.run(ask())
    variant = choose(lab.catalogue.find(STORY), ask())
    model_in(lab, variant).threads = 2
    with lab._cores.turn("another model", 2):
        stopped, waiting = lab.submit(ask(max_new_tokens=1)), lab.submit(ask(max_new_tokens=1))
        while not lab._cores.waiting:
            threading.Event().wait(0.005)
        stopped.cancel()
        with pytest.raises(LabError, match="stopped"):
            stopped.result(timeout_s=60)
        while not lab._cores.waiting:
            threading.Event().wait(0.005)
        assert not waiting.ended
    timing = waiting.result(timeout_s=60).timing
    assert timing.queue_s > 0
    assert not timing.cold


def test_two_hundred_and_fifty_at_once_are_answered_or_told_that_the_lab_is_busy(lab: Lab) -> None:
    def student(number: int) -> str:
        request = replace(ask(f"number {number}", max_new_tokens=2), learner=f"{number % 30}")
        try:
            return lab.submit(request).result(timeout_s=120).provenance.engine
        except BusyError as error:
            assert error.retry_s > 0
            return "busy"

    with ThreadPoolExecutor(250) as threads:
        told = list(threads.map(student, range(250)))
    assert set(told) <= {"busy", "transformers"}
    assert told.count("transformers") >= 200


def test_thirty_learners_who_stop_at_random_leave_no_line_stuck_and_no_thread_behind(
    lab: Lab,
) -> None:
    def request(chance: random.Random, learner: str) -> Request:
        temperature = chance.choice([0, 1.5])
        model, task = chance.choice([(STORY, WRITE), ("local/twin", WRITE), (T5, FRENCH)])
        asked = ask("Once upon", model, task, temperature=temperature, max_new_tokens=20)
        return replace(asked, learner=learner)

    tickets: list[Ticket] = []

    def student(number: int) -> None:
        chance = random.Random(number)
        for _ in range(5):
            mine = [lab.submit(request(chance, f"{number}")) for _ in range(chance.randint(1, 3))]
            tickets.extend(mine)
            for ticket in mine:
                if chance.random() < 0.4:
                    threading.Timer(chance.random() / 20, ticket.cancel).start()
            for ticket in mine:
                try:
                    assert ticket.result(timeout_s=120).output == ticket.text
                except LabError:
                    assert ticket.state is State.STOPPED

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(student, range(30)))
    assert all(ticket.state in {State.DONE, State.STOPPED} for ticket in tickets)
    lanes = [thread for thread in threading.enumerate() if thread.name.startswith("lane ")]
    for thread in lanes:
        thread.join(60)
    assert all(status.running == status.waiting == 0 for status in lab.lanes())
    assert all(model.users == 0 for model in lab.pool.snapshot())
    assert lab.run(ask()).tokens_out
