"""A model goes to the Hub with the student's token alone, into a repository that is new."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import RepositoryNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, HubError
from core.finetuning.jobs import Training
from core.finetuning.package import card_of, model_files
from core.finetuning.pushing import Push, Step, can_push, check_name, push
from core.hub_token import Token
from tests.core.finetuning.bert import make_bert, make_splits
from tests.core.finetuning.trained import make_line, make_trained
from tests.loopback_hub import (
    GARBAGE,
    LOGIN_PAGE,
    MEMBER,
    READER,
    STRANGER,
    Faults,
    LoopbackHub,
    Repo,
    point_at,
    serve,
)

OWNERS = "hf_tokenOfThisMachinesOwner"
ELSEWHERE = """
import json, sys
from transformers import pipeline
classify = pipeline("text-classification", sys.argv[1], top_k=None)
print(json.dumps(classify(json.load(sys.stdin))))
"""


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    base = make_bert(tmp_path_factory.mktemp("models") / "bert")
    line = make_line(tmp_path_factory.mktemp("lab"))
    return make_trained(line, base, make_splits(train=24, validation=6, test=6))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "README.md").write_text("mine")
    monkeypatch.setenv("HF_TOKEN", OWNERS)
    with serve(Repo("member/old", tmp_path / "old"), uploads=tmp_path / "uploads") as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield served


def pushed(training: Training, name: str = "mine", **options: Any) -> list[Push]:
    options = {"token": Token(MEMBER), "cancelled": lambda: False, **options}
    return list(push(model_files(training), card_of(training), name, **options))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_what_was_pushed_is_private_and_loads_from_the_hub_with_plain_transformers(
    training: Training, hub: LoopbackHub, tmp_path: Path
) -> None:
    said = pushed(training)
    assert [said[0].step, said[-1].step] == [Step.CREATING, Step.DONE]
    assert said[-1].repo_id == "member/mine"
    assert said[-1].url == f"{hub.url}/member/mine"
    assert said[-1].share == 1.0
    assert all(before.share <= after.share for before, after in pairwise(said))
    with pytest.raises(RepositoryNotFoundError):
        snapshot_download("member/mine", token=STRANGER)
    got = contents(Path(snapshot_download("member/mine", token=MEMBER)))
    del got[".gitattributes"]
    assert got == {**contents(training.folder.model), "README.md": card_of(training).encode()}
    assert training.result is not None
    assert training.result.evaluation is not None
    guesses = training.result.evaluation.guesses[:3]
    environment = {
        **hub.environment,
        "PATH": os.environ["PATH"],
        "HF_TOKEN": MEMBER,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "elsewhere"),
        "OMP_NUM_THREADS": "1",
    }
    told = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, "member/mine"],
        input=json.dumps([guess.text for guess in guesses]),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    for guess, answer in zip(guesses, json.loads(told.stdout), strict=True):
        there = {one["label"]: one["score"] for one in answer}
        labels = training.result.evaluation.labels
        assert there == pytest.approx(dict(zip(labels, guess.probabilities, strict=True)), abs=1e-4)


def test_no_other_token_is_sent_and_none_to_another_host(
    training: Training, hub: LoopbackHub
) -> None:
    pushed(training, "member/mine")
    sent = [
        (seen.method, value)
        for seen in hub.seen
        for value in [{k.lower(): v for k, v in seen.headers.items()}.get("authorization", "")]
    ]
    # The library asks one thing of its own without any.
    assert {token for _, token in sent} == {f"Bearer {MEMBER}", ""}
    assert [token for method, token in sent if method == "PUT"] == [""]


@pytest.mark.parametrize("private", [True, False])
def test_only_who_asks_for_it_publishes(
    training: Training, hub: LoopbackHub, private: bool
) -> None:
    pushed(training, private=private)
    assert hub.repos[-1].private is private


def test_what_is_there_already_is_left_as_it_is(training: Training, hub: LoopbackHub) -> None:
    for name in ("old", "member/old"):
        with pytest.raises(HubError, match="already, and it was left as it is"):
            pushed(training, name)
    assert (hub.repos[0].folder / "README.md").read_text() == "mine"
    assert not hub.blobs
    assert not hub.requests("commit")


@pytest.mark.parametrize(
    ("token", "name", "faults", "words"),
    [
        ("hf_unknownToken1", "mine", Faults(), "does not accept your token.*may write"),
        (READER, "mine", Faults(), "Your token may not make mine.*may write"),
        (MEMBER, "stranger/mine", Faults(), "Your token may not make stranger/mine"),
        (MEMBER, "mine", Faults(status=402), "no room"),
        (MEMBER, "mine", Faults(status=429), "too many requests"),
        (MEMBER, "mine", Faults(status=503), "in trouble .error 503"),
        (MEMBER, "mine", Faults(status=404), "may not make"),
        (MEMBER, "mine", Faults(status=418), "does not take this model .error 418"),
        (MEMBER, "mine", Faults(body=GARBAGE), "does not answer from here"),
        (MEMBER, "mine", Faults(body=LOGIN_PAGE), "does not answer from here"),
        (MEMBER, "mine", Faults(body=b'{"url": "http://evil/x"}'), "does not answer"),
        (MEMBER, "mine", Faults(truncates=True), "does not answer"),
        (MEMBER, "mine", Faults(status=503, only="preupload"), "member/mine was made and has no"),
        (MEMBER, "mine", Faults(status=403, only="^/lfs/"), "does not take.*member/mine was made"),
        (MEMBER, "mine", Faults(body=b"[]", only="batch"), "member/mine was made"),
        (MEMBER, "mine", Faults(body=b"{}", only="commit"), "member/mine was made"),
        (MEMBER, "mine", Faults(status=400, only="validate"), "member/mine was made"),
    ],
)
def test_each_refusal_is_told_in_words_and_no_token_shows(
    training: Training,
    hub: LoopbackHub,
    token: str,
    name: str,
    faults: Faults,
    words: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    hub.faults = faults
    with caplog.at_level("DEBUG"), pytest.raises(HubError) as refused:
        pushed(training, name, token=Token(token))
    assert re.search(words, str(refused.value))
    shown = capfd.readouterr()
    told = f"{refused.value!r}{refused.value.__cause__!r}{shown.out}{shown.err}{caplog.text}"
    assert token not in told
    # Who has the address of an upload may write there.
    written = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "sign=" not in f"{shown.out}{shown.err}{[record.getMessage() for record in written]}"
    assert not any((repo.folder / "config.json").exists() for repo in hub.repos)


@pytest.mark.parametrize("only", ["preupload", "^/lfs/", "commit"])
def test_a_push_that_broke_off_is_made_whole_under_the_same_name(
    training: Training, hub: LoopbackHub, only: str
) -> None:
    hub.faults = Faults(status=403, only=only)
    with pytest.raises(HubError, match="The same name can be used again"):
        pushed(training)
    hub.faults = Faults()
    # Somebody else's eyes: what was begun in private is not filled in public.
    with pytest.raises(HubError, match="already"):
        pushed(training, private=False)
    assert pushed(training)[-1].repo_id == "member/mine"
    assert "model.safetensors" in hub.repos[-1].files


def test_stop_leaves_no_half_model(training: Training, hub: LoopbackHub) -> None:
    stopped = threading.Event()
    steps = push(
        model_files(training),
        card_of(training),
        "mine",
        token=Token(MEMBER),
        cancelled=stopped.is_set,
    )
    hub.faults = Faults(slow_s=60, only="^/lfs/")
    for said in steps:
        if said.step is Step.SENDING:
            stopped.set()
    assert hub.repos[-1].files == (".gitattributes",)


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "a/b/c", "../x", "/etc", "x/", "a--b", "x.git", "é", "<b>", "a" * 97, "-x"],
)
def test_a_name_that_the_hub_would_not_take_is_refused_before_it_is_asked(
    training: Training, hub: LoopbackHub, name: str
) -> None:
    with pytest.raises(BadInputError, match="cannot be called that"):
        pushed(training, name)
    assert not hub.seen


@given(st.text(max_size=120))
def test_any_name_is_taken_or_refused_in_words(name: str) -> None:
    try:
        checked = check_name(name)
    except BadInputError:
        return
    assert re.fullmatch(r"[\w.-]+(/[\w.-]+)?", checked)


def test_an_owner_who_is_offline_pushes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert not can_push()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    assert can_push()
