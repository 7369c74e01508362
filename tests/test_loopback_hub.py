"""The loopback Hub answers the Hub's own client as the Hub does, and misbehaves when told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import get_session, httpx

from core.settings import STARTERS
from tests.loopback_hub import (
    GARBAGE,
    LOGIN_PAGE,
    MEMBER,
    STRANGER,
    Faults,
    LoopbackHub,
    Repo,
    point_at,
    serve,
)
from tests.loopback_starters import (
    DATASET,
    DOCKER_SPACE,
    STREAMLIT_SPACE,
    starter_hub,
    starters_as_repos,
)

__all__ = ["starter_hub"]

MODEL = "open-model-lab/gpt2-stories"
PARAMETERS = 1_088_256


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    repos = (
        *starters_as_repos(tmp_path / "hosted"),
        Repo("shut/tiny", STARTERS / "t5-summary-nano", gated="manual"),
        Repo("own/tiny", STARTERS / "t5-summary-nano", private=True),
    )
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield served


@pytest.fixture
def api(hub: LoopbackHub) -> HfApi:
    return HfApi(token=False)


def test_a_list_goes_on_over_pages(hub: LoopbackHub, api: HfApi) -> None:
    hub.most_listed = 2
    found = [model.id for model in api.list_models(sort="downloads")]
    assert len(found) == len(set(found)) == 7
    assert found[0] == "open-model-lab/bert-feedback"
    assert len(hub.requests("^/api/models$")) == 4


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"search": "EN-FR"}, {"t5-en-fr-micro", "t5-en-fr-nano"}),
        ({"author": "shut"}, {"tiny"}),
        ({"filter": ["fr", "license:mit"]}, {"t5-en-fr-micro", "t5-en-fr-nano"}),
        ({"filter": "gguf"}, {"gpt2-stories"}),
        ({"pipeline_tag": "text-generation"}, {"gpt2-stories"}),
        ({"num_parameters": "min:1M,max:1.5M"}, {"bert-feedback", "gpt2-stories"}),
        ({"gated": True}, {"tiny"}),
        ({"author": "open-model-lab", "sort": "created_at", "limit": 1}, {"bert-feedback"}),
        ({"search": "nobody"}, set()),
    ],
)
def test_a_list_has_what_was_asked_for(api: HfApi, asked: dict, names: set[str]) -> None:
    assert {model.id.split("/")[1] for model in api.list_models(**asked)} == names


def test_only_what_is_asked_for_is_told(hub: LoopbackHub, api: HfApi) -> None:
    (found,) = api.list_models(search="gpt2", expand=["safetensors", "likes"])
    assert found.safetensors and found.safetensors.total == PARAMETERS
    assert found.likes == 45
    assert found.tags is None and found.sha is None
    told = get_session().get(f"{hub.url}/api/models/{MODEL}?expand=likes").json()
    assert set(told) == {"_id", "id", "likes"}


def test_a_model_is_described_by_its_card_and_files(api: HfApi) -> None:
    info = api.model_info(MODEL, files_metadata=True)
    assert info.pipeline_tag == "text-generation"
    assert {"license:mit", "en", "gguf", "safetensors", "starter"} <= set(info.tags or ())
    assert info.card_data and info.card_data.license == "mit"
    assert info.safetensors and info.safetensors.parameters == {"F16": PARAMETERS}
    weights = next(file for file in info.siblings or () if file.rfilename == "model.safetensors")
    assert weights.size == (STARTERS / "gpt2-stories/model.safetensors").stat().st_size
    assert all(file.size is None for file in api.model_info(MODEL).siblings or ())


def test_datasets_and_spaces_are_found_and_described(api: HfApi) -> None:
    assert [found.id for found in api.list_datasets(language="en")] == [DATASET]
    assert [found.id for found in api.list_spaces(filter="streamlit")] == [STREAMLIT_SPACE]
    assert api.dataset_info(DATASET).card_data.license == "cc-by-4.0"
    space = api.space_info(DOCKER_SPACE)
    assert space.sdk == "docker"
    assert space.runtime and space.runtime.stage == "RUNNING"


def test_a_tree_has_folders_and_goes_on_over_pages(hub: LoopbackHub, api: HfApi) -> None:
    hub.most_listed = 3
    name = "open-model-lab/t5-en-fr-nano"
    top = {entry.path for entry in api.list_repo_tree(name)}
    every = {entry.path for entry in api.list_repo_tree(name, recursive=True)}
    inside = {entry.path for entry in api.list_repo_tree(name, "ctranslate2-int8")}
    assert "ctranslate2-int8" in top and "ctranslate2-int8/model.bin" not in top
    assert top < every and inside == every - top


def test_files_of_every_kind_of_repository_arrive(hub: LoopbackHub) -> None:
    for kind, name in (("model", MODEL), ("dataset", DATASET), ("space", STREAMLIT_SPACE)):
        folder = snapshot_download(name, repo_type=kind, token=False)
        hosted = next(repo for repo in hub.repos if repo.id == name)
        for file in hosted.files:
            assert (Path(folder) / file).read_bytes() == hosted.read(file)


def test_a_broken_download_goes_on(hub: LoopbackHub) -> None:
    hub.faults = Faults(cut_after=200_000, cuts=2)
    path = hf_hub_download(MODEL, "model.safetensors", token=False)
    assert Path(path).read_bytes() == (STARTERS / "gpt2-stories/model.safetensors").read_bytes()
    asked = [seen.headers.get("Range") for seen in hub.requests("^/cdn/")]
    assert len(asked) == 3 and asked[1] and asked[2]


def test_a_gate_opens_to_members_only(hub: LoopbackHub) -> None:
    assert HfApi(token=False).model_info("shut/tiny").gated == "manual"
    for token, status in ((False, 401), (STRANGER, 403)):
        with pytest.raises(GatedRepoError) as refused:
            hf_hub_download("shut/tiny", "config.json", token=token)
        assert refused.value.response.status_code == status
    with pytest.raises((HfHubHTTPError, LocalEntryNotFoundError)) as wrong:
        hf_hub_download("shut/tiny", "config.json", token="hf_mistyped")
    assert not isinstance(wrong.value, GatedRepoError)
    assert json.loads(Path(hf_hub_download("shut/tiny", "config.json", token=MEMBER)).read_text())
    # No token goes to the other host that large files come from.
    hf_hub_download("shut/tiny", "model.safetensors", token=MEMBER)
    elsewhere = hub.requests("^/cdn/")
    assert elsewhere and not any(MEMBER in str(seen) for seen in elsewhere)


def test_what_is_private_exists_for_members_only(api: HfApi) -> None:
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("own/tiny")
    assert HfApi(token=MEMBER).model_info("own/tiny").private


def test_too_many_requests_pass(hub: LoopbackHub, api: HfApi) -> None:
    hub.faults = Faults(status=429, retry_after_s=1, times=2)
    assert len(list(api.list_models(search="gpt2"))) == 1
    assert len(hub.requests("^/api/models$")) == 3


@pytest.mark.parametrize("body", [GARBAGE, LOGIN_PAGE])
def test_what_is_no_answer_is_sent_where_told(hub: LoopbackHub, api: HfApi, body: bytes) -> None:
    hub.faults = (Faults(body=body, only="^/api/models$"), Faults(status=500, only="spaces"))
    with pytest.raises(ValueError):
        list(api.list_models())
    with pytest.raises(HfHubHTTPError):
        api.space_info(DOCKER_SPACE)
    assert api.model_info(MODEL).id == MODEL


def test_a_truncated_answer_is_a_broken_connection(hub: LoopbackHub, api: HfApi) -> None:
    hub.faults = Faults(truncates=True)
    with pytest.raises(httpx.RemoteProtocolError):
        api.model_info(MODEL)


def test_the_viewer_shows_the_first_rows(hub: LoopbackHub) -> None:
    def ask(question: str, **query: str) -> httpx.Response:
        return get_session().get(f"{hub.viewer_url}/{question}", params=query)

    splits = ask("splits", dataset=DATASET).json()["splits"]
    assert [split["split"] for split in splits] == ["train", "test"]
    told = ask("first-rows", **splits[1]).json()
    assert [feature["name"] for feature in told["features"]] == ["id", "text", "words"]
    assert told["features"][0]["type"] == {"dtype": "int64", "_type": "Value"}
    assert told["rows"][2]["row"]["text"] == "A cat looked for a friend."
    assert ask("is-valid", dataset=DATASET).json()["viewer"] is True
    assert ask("splits", dataset="no/such").status_code == 401


def test_a_process_of_its_own_takes_it_for_the_hub(
    starter_hub: LoopbackHub, tmp_path: Path
) -> None:
    program = (
        "from core.explore.dataset_rows import first_rows\n"
        "from core.explore.repo_page import dataset_page\n"
        f"page = dataset_page({DATASET!r}, cancelled=lambda: False)\n"
        f"print(page.facts[0].value, len(first_rows({DATASET!r}, cancelled=lambda: False).rows))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **starter_hub.environment, "HF_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("Creative Commons") and told.stdout.endswith(" 10\n")
