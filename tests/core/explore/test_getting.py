"""Any suitable model of the Hub comes into the running lab, once for all who want it."""

from __future__ import annotations

import json
import logging
import pickle
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.catalogue import Catalogue, ModelEntry
from core.errors import BadInputError, HubError, LabError, RefusedModelError
from core.explore.getting import Downloads, Progress, Step, get
from core.explore.got import GotModel, got_before, remember
from core.explore.planning import plan
from core.hub import fetch, is_downloaded
from core.hub_client import asking, prepare
from core.hub_token import Token, check_endpoint
from core.inference.lab import Lab
from core.inference.types import GenerationConfig, Request, Task
from core.settings import Settings
from tests.loopback_hub import MEMBER, STRANGER, Faults, LoopbackHub, Repo, Seen, point_at, serve
from tests.random_models import make_gpt2

MODEL, GATED = "school/tiny-gpt2", "school/gated"
COMMIT = Repo(MODEL, Path()).commit
ENTRY = ModelEntry(
    id=GATED,
    source="hub",
    tasks=(Task.TEXT_GENERATION,),
    summary="",
    revision="main",
    parameters=150_000,
    memory_bytes=2**24,
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_gpt2(tmp_path_factory.mktemp("published"), width=64)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    (folder / "pytorch_model.bin").write_bytes(b"not for us")
    return folder


@pytest.fixture
def loopback(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackHub]:
    with serve(Repo(MODEL, published), Repo(GATED, published, gated="manual")) as served:
        point_at(served.url, tmp_path / "hub", monkeypatch)
        yield served


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(
        memory_limit_bytes=2**33,
        memory_budget_bytes=2**29,
        threads=1,
        models_dir=None,
        cache_dir=tmp_path / "lab",
    )


@pytest.fixture
def lab(limits: Settings) -> Lab:
    return Lab(Catalogue(()), limits)


@pytest.fixture
def sharing(limits: Settings) -> Lab:
    """A lab whose owner lets visitors get gated models for all."""
    return Lab(Catalogue(()), replace(limits, share_gated=True))


def edited(published: Path, folder: Path, change: Callable[[Path], object]) -> Repo:
    """Return a repository with a copy of the model in which something is different."""
    shutil.copytree(published, folder)
    change(folder)
    return Repo(MODEL, folder)


def set_config(**values: object) -> Callable[[Path], object]:
    def change(folder: Path) -> object:
        file = folder / "config.json"
        return file.write_text(json.dumps({**json.loads(file.read_text()), **values}))

    return change


def weights_to(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "model.safetensors").rename(folder / name)


def fetch_of_weights(served: LoopbackHub) -> list[str]:
    gets = (seen for seen in served.seen if seen.method == "GET" and "/cdn/" in seen.path)
    return [seen.headers.get("Range", "") for seen in gets]


def fetch_all(lab: Lab, **options: object) -> list[Progress]:
    never = {"cancelled": lambda: False, **options}
    return list(get(plan(MODEL, limits=lab.settings), lab, **never))  # type: ignore[arg-type]


def bearer(seen: Seen) -> str:
    """Return what a request was authorised with."""
    headers = {name.lower(): value for name, value in seen.headers.items()}
    return headers.get("authorization", "")


def run(lab: Lab, model_id: str = MODEL) -> int:
    config = GenerationConfig(max_new_tokens=3)
    request = Request(Task.TEXT_GENERATION, model_id, "Once upon", config)
    return lab.submit(request).result(timeout_s=60).tokens_out


def wait(getting: object) -> None:
    for _ in getting.follow(every_s=0.02):  # type: ignore[attr-defined]
        pass


def test_a_plan_says_what_would_come_and_fetches_nothing(
    loopback: LoopbackHub, limits: Settings, published: Path
) -> None:
    planned = plan(MODEL, limits=limits)
    wanted = [p for p in published.iterdir() if p.suffix != ".bin"]
    assert {file.path for file in planned.files} == {path.name for path in wanted}
    assert planned.total_bytes == sum(path.stat().st_size for path in wanted)
    assert (planned.here_bytes, planned.is_here) == (0, False)
    entry = planned.entry
    assert (entry.revision, entry.licence, entry.model_type) == (COMMIT, "mit", "gpt2")
    assert entry.tasks == (Task.TEXT_GENERATION,)
    assert loopback.fetched == {"config.json"}


def test_a_model_that_was_got_is_run_under_its_commit_and_known_after_a_restart(
    loopback: LoopbackHub, lab: Lab
) -> None:
    steps = fetch_all(lab)
    assert steps[-1].step is Step.READY
    assert steps[-1].entry == lab.catalogue.find(MODEL)
    done = [step.done_bytes for step in steps]
    assert done == sorted(done)
    assert done[-1] == steps[-1].total_bytes
    loopback.seen.clear()
    assert run(lab) == 3
    [again] = got_before(lab.settings)
    assert again == lab.catalogue.find(MODEL)
    assert (again.source, again.revision) == ("hub", COMMIT)
    assert loopback.seen == []
    assert plan(MODEL, limits=lab.settings).is_here


def test_a_pick_of_the_catalogue_keeps_its_names_and_gets_its_commit(
    loopback: LoopbackHub, lab: Lab
) -> None:
    entry = replace(plan(MODEL, limits=lab.settings).entry, revision="main", aliases=("tiny",))
    lab.catalogue = Catalogue((entry,))
    fetch_all(lab)
    assert len(lab.catalogue.entries) == 1
    assert lab.catalogue.find("tiny").revision == COMMIT


def test_what_is_not_from_the_hub_is_never_replaced(lab: Lab, loopback: LoopbackHub) -> None:
    entry = plan(MODEL, limits=lab.settings).entry
    lab.catalogue = Catalogue((replace(entry, source="local"),))
    with pytest.raises(RefusedModelError, match="another model called"):
        lab.take_in(entry)


@pytest.mark.parametrize("model_id", ["starter/gpt2", "local/x", "../../etc", "a/b/c", "gpt2", ""])
def test_a_name_that_is_none_of_the_hubs_is_not_asked_for(
    loopback: LoopbackHub, limits: Settings, model_id: str
) -> None:
    with pytest.raises(RefusedModelError, match="not the name of a model"):
        plan(model_id, limits=limits)
    assert loopback.seen == []


REFUSED = [
    (set_config(auto_map={"AutoModel": "own.Own"}), "brings Python code of its own"),
    (set_config(architectures=["BertForTokenClassification"]), "does none of the lab's tasks"),
    (set_config(model_type="gpt9"), "does not know the architecture.*gpt9"),
    (set_config(quantization_config={"quant_method": "gptq"}), "quantised for another program"),
    (weights_to("adapter_model.safetensors"), "is an adapter"),
    (weights_to("consolidated.safetensors"), "only pickle weights"),
    (lambda folder: (folder / "config.json").write_text("[" * 100_000), "config.json.*broken"),
    (lambda folder: (folder / "config.json").write_text("{" + " " * 2**21 + "}"), "broken"),
    (lambda folder: (folder / "config.json").unlink(), "has no config.json"),
    (lambda folder: (folder / "tokenizer.json").unlink(), "has no tokenizer"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_what_cannot_run_here_is_refused_before_any_download(
    loopback: LoopbackHub,
    limits: Settings,
    published: Path,
    tmp_path: Path,
    change: Callable[[Path], object],
    words: str,
) -> None:
    loopback.repos = (edited(published, tmp_path / "edited", change),)
    with pytest.raises(RefusedModelError, match=words):
        plan(MODEL, limits=limits)
    assert loopback.fetched <= {"config.json"}
    assert not is_downloaded(MODEL, COMMIT)


@pytest.mark.parametrize("claimed", [200_000_000, 1])
def test_too_large_for_memory_is_refused_before_any_download(
    loopback: LoopbackHub, limits: Settings, published: Path, claimed: int
) -> None:
    told = {"safetensors": {"parameters": {"F32": claimed}, "total": claimed}}
    loopback.repos = (Repo(MODEL, published, says=told),)
    tight = replace(limits, memory_budget_bytes=2**24 + 10_000)
    with pytest.raises(RefusedModelError, match="of memory"):
        plan(MODEL, limits=tight)


def test_too_little_disk_is_said_before_any_download(
    loopback: LoopbackHub, limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(total=10**12, used=10**12, free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(HubError, match=r"0\.1 GB are free.*Make room"):
        plan(MODEL, limits=limits)
    assert fetch_of_weights(loopback) == []


def test_a_disk_that_fills_up_on_the_way_ends_in_words_and_goes_on_later(
    loopback: LoopbackHub, lab: Lab
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(HubError, match="could not be stored on this machine"):
            fetch_all(lab)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert fetch_all(lab)[-1].step is Step.READY


def test_after_a_cut_the_next_try_goes_on_from_there(loopback: LoopbackHub, lab: Lab) -> None:
    loopback.faults = Faults(cut_after=0)

    def cut_later() -> Iterator[Progress]:
        loopback.faults = Faults(cut_after=100_000, cuts=1)
        for step in get(plan(MODEL, limits=lab.settings), lab, cancelled=lambda: False):
            if step.done_bytes:
                loopback.faults = Faults(cut_after=0)
            yield step

    with pytest.raises(HubError, match="goes on from where it broke off"):
        list(cut_later())
    begun = plan(MODEL, limits=lab.settings)
    assert 0 < begun.here_bytes < begun.total_bytes
    loopback.faults = Faults()
    loopback.seen.clear()
    steps = fetch_all(lab)
    assert steps[0].done_bytes >= begun.here_bytes
    assert fetch_of_weights(loopback) == [f"bytes={begun.here_bytes}-"]
    assert run(lab) == 3


def test_a_wrong_hash_is_never_taken_in(loopback: LoopbackHub, lab: Lab) -> None:
    loopback.faults = Faults(damages=True)
    with pytest.raises(HubError, match="arrived damaged"):
        fetch_all(lab)
    assert lab.catalogue.entries == ()
    assert list(got_before(lab.settings)) == []
    loopback.faults = Faults()
    assert fetch_all(lab)[-1].step is Step.READY


def test_a_model_deleted_between_plan_and_download_is_said_in_words(
    loopback: LoopbackHub, lab: Lab
) -> None:
    planned = plan(MODEL, limits=lab.settings)
    loopback.repos = ()
    with pytest.raises(HubError, match="no public model"):
        list(get(planned, lab, cancelled=lambda: False))


def test_speed_is_that_of_the_last_seconds(loopback: LoopbackHub, lab: Lab) -> None:
    ticks = iter(range(10_000))
    steps = fetch_all(lab, clock=lambda: float(next(ticks)))
    speeds = [step.speed for step in steps if step.speed]
    assert speeds
    assert all(0 < speed <= steps[-1].total_bytes for speed in speeds)
    assert all((step.left_s or 0) >= 0 for step in steps)


def test_thirty_who_want_the_same_model_cost_one_download(loopback: LoopbackHub, lab: Lab) -> None:
    shared = Downloads(lambda: lab)
    loopback.faults = Faults(slow_s=0.05)
    start = threading.Barrier(30)
    gettings = []

    def press() -> None:
        start.wait()
        gettings.append(shared.get(MODEL))

    threads = [threading.Thread(target=press) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for getting in gettings:
        wait(getting)
    assert {getting.latest.step for getting in gettings} == {Step.READY}
    assert fetch_of_weights(loopback) == [""]
    assert sum(seen.path == f"/api/models/{MODEL}/revision/main" for seen in loopback.seen) == 1


def test_one_who_stops_takes_nothing_from_the_others(loopback: LoopbackHub, lab: Lab) -> None:
    shared = Downloads(lambda: lab)
    loopback.faults = Faults(slow_s=0.1)
    one, other = shared.get(MODEL), shared.get(MODEL)
    assert shared.running(MODEL) == 2
    one.cancel()
    assert one.ended
    assert one.error is None
    wait(other)
    assert other.latest.step is Step.READY
    assert shared.running(MODEL) == 0


def test_when_all_have_stopped_it_stops_and_who_comes_back_goes_on(
    loopback: LoopbackHub, lab: Lab
) -> None:
    shared = Downloads(lambda: lab)
    loopback.faults = Faults(cut_after=200_000, cuts=1, only="/cdn/"), Faults()
    getting = shared.get(MODEL)
    for step in getting.follow(every_s=0.001):
        if step.done_bytes:
            getting.cancel()
    assert getting.ended
    assert getting.error is None
    again = shared.get(MODEL)
    wait(again)
    assert again.latest.step is Step.READY
    assert run(lab) == 3


def test_a_gated_model_is_not_for_everybody_unless_the_owner_says_so(
    loopback: LoopbackHub, lab: Lab
) -> None:
    with pytest.raises(HubError, match=r"behind a gate.*OPEN_MODEL_LAB_SHARE_GATED"):
        plan(GATED, limits=lab.settings, token=Token(MEMBER))
    assert loopback.fetched == set()


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, f"behind a gate.*huggingface.co/{GATED}.*a token of yours"),
        (Token(STRANGER), f"may not have {GATED} yet.*Accept the terms at huggingface.co/{GATED}"),
        (Token("hf_wrongwrongwrong"), "does not accept your token.*settings/tokens"),
    ],
)
def test_a_gate_that_stays_shut_says_what_to_do(
    loopback: LoopbackHub, sharing: Lab, token: Token | None, words: str
) -> None:
    with pytest.raises(HubError, match=words):
        plan(GATED, limits=sharing.settings, token=token)
    assert fetch_of_weights(loopback) == []


def test_a_token_opens_the_gate_and_goes_to_the_hub_alone(
    loopback: LoopbackHub, sharing: Lab, lab: Lab
) -> None:
    getting = Downloads(lambda: sharing).get(GATED, token=Token(MEMBER))
    wait(getting)
    assert getting.latest.step is Step.READY
    assert run(sharing, GATED) == 3
    for seen in loopback.seen:
        assert bearer(seen) == ("" if seen.path.startswith("/cdn/") else f"Bearer {MEMBER}")
        assert MEMBER not in seen.path + seen.query
    # Once its owner takes the permission back, it is not offered any more.
    assert [entry.id for entry in got_before(sharing.settings)] == [GATED]
    assert list(got_before(lab.settings)) == []


def test_nothing_on_disk_holds_the_token(
    loopback: LoopbackHub, sharing: Lab, tmp_path: Path
) -> None:
    wait(Downloads(lambda: sharing).get(GATED, token=Token(MEMBER)))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(MEMBER.encode() in path.read_bytes() for path in files)


def test_a_token_is_not_sent_on_by_a_redirect(loopback: LoopbackHub) -> None:
    from huggingface_hub import get_session

    prepare()
    headers = {"authorization": f"Bearer {MEMBER}"}
    place = f"/{GATED}/resolve/main/model.safetensors"
    assert get_session().get(loopback.url + place, headers=headers).status_code == 200
    # Nor by a request that goes there at once.
    other = loopback.url.replace("127.0.0.1", "localhost")
    get_session().get(f"{other}/cdn/{GATED}/main/config.json", headers=headers)
    first, *others = loopback.seen
    assert bearer(first) == f"Bearer {MEMBER}"
    assert len(others) == 2
    assert not any(map(bearer, others))


@pytest.mark.parametrize(
    "endpoint", ["http://hub.school.example", "http://127.0.0.1.evil.example", "http://10.0.0.1:80"]
)
def test_a_token_is_never_sent_where_others_could_read_it(
    loopback: LoopbackHub, limits: Settings, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with pytest.raises(HubError, match="without encryption"):
        plan(GATED, limits=replace(limits, share_gated=True), token=Token(MEMBER))
    assert loopback.seen == []


@pytest.mark.parametrize("endpoint", ["https://huggingface.co", "http://localhost:9"])
def test_a_token_may_go_over_https_and_within_this_machine(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    check_endpoint()


@given(st.text(max_size=80))
@example("hf_short")
@example("hf_" + "a" * 500)
@example("hf_tokenwith\nnewline")
@example("api_org_abcdefghijkl")
def test_what_is_no_token_is_refused_without_repeating_it(text: str) -> None:
    try:
        Token(text)
    except BadInputError as error:
        assert len(text) < 8 or text not in str(error)


SECRETS = st.from_regex(r"hf_[A-Za-z0-9]{20,40}", fullmatch=True)
FAULTS = st.sampled_from(
    [Faults(), Faults(status=500), Faults(status=403), Faults(body=b"[]"), Faults(truncates=True)]
)


@given(secret=SECRETS, faults=FAULTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_error_and_no_log_tells_a_token(
    loopback: LoopbackHub,
    sharing: Lab,
    caplog: pytest.LogCaptureFixture,
    secret: str,
    faults: Faults,
) -> None:
    loopback.faults = faults
    token = Token(secret)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        for ask in (
            lambda: plan(GATED, limits=sharing.settings, token=token),
            lambda: fetch(ENTRY, on_progress=print, cancelled=lambda: False, token=token),
        ):
            with pytest.raises(LabError) as raised:
                ask()
            error: BaseException | None = raised.value
            loopback.seen.clear()
            while error is not None:
                assert secret not in f"{error} {error!r} {error.args}"
                error = error.__cause__
    assert secret not in caplog.text
    assert secret not in f"{token} {token!r} {[token]}"
    with pytest.raises(TypeError):
        pickle.dumps(token)


def test_a_token_in_a_job_does_not_leave_it(loopback: LoopbackHub, sharing: Lab) -> None:
    getting = Downloads(lambda: sharing).get(GATED, token=Token(STRANGER))
    wait(getting)
    assert getting.error is not None
    assert STRANGER not in f"{getting.error} {vars(getting)} {getting.latest}"


def test_the_list_of_what_was_got_is_never_trusted_blindly(loopback: LoopbackHub, lab: Lab) -> None:
    fetch_all(lab)
    file = lab.settings.cache_dir / "models-got.json"
    sound = json.loads(file.read_text())
    gone = {"id": "school/gone", "commit": "0" * 40, "gated": False}
    broken = [1, None, {"id": 5}, {"id": "../x", "commit": "0" * 40, "gated": False}]
    broken += [{"id": "local/x", "commit": COMMIT, "gated": False}, {**sound[0], "commit": "main"}]
    file.write_text(json.dumps([*broken, gone, *sound]))
    assert [entry.id for entry in got_before(lab.settings)] == [MODEL]
    for content in (b"", b"{}", b"[" * 10_000, b"\xff\xfe", b"[1", b" " * 2**21):
        file.write_bytes(content)
        assert list(got_before(lab.settings)) == []
    remember(GotModel(MODEL, COMMIT), lab.settings)
    assert [entry.id for entry in got_before(lab.settings)] == [MODEL]


def test_a_list_that_cannot_be_written_is_said(
    loopback: LoopbackHub, lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "lab").write_text("a file where a folder should be")
    with pytest.raises(HubError, match="is here, but the lab forgets it"):
        fetch_all(lab)
    assert run(lab) == 3


def test_what_arrives_damaged_in_other_ways_is_not_offered(
    loopback: LoopbackHub, lab: Lab, published: Path, tmp_path: Path
) -> None:
    def spoil(folder: Path) -> object:
        return (folder / "model.safetensors").write_bytes(b"\xff" * 1000)

    told = {"safetensors": {"parameters": {"F32": 1000}, "total": 1000}}
    loopback.repos = (replace(edited(published, tmp_path / "edited", spoil), says=told),)
    with pytest.raises(RefusedModelError, match="damaged or incomplete"):
        fetch_all(lab)
    assert lab.catalogue.entries == ()


def test_asking_stops_when_told(loopback: LoopbackHub, limits: Settings) -> None:
    from core.hub_client import DownloadStopped

    with pytest.raises(DownloadStopped):
        plan(MODEL, limits=limits, cancelled=lambda: True)
    assert loopback.seen == []
    with asking(MODEL, "main", lambda: False):
        pass
