"""Task 4 in a real browser: a file of one's own, a reload in the middle, Stop, own sentences."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.core.finetuning.bert import make_bert
from tools.browsing import Lab

# A child process begins with importing torch, which takes its time beside other tests.
ENOUGH_MS = 120_000
LABELS = {"negative", "neutral", "positive"}
STARS = "Sterne;Meinung\r\n" + "".join(
    f'{stars};"{word} the {thing}; {word} indeed"\r\n'
    for stars, words in ((1, "bad broken late"), (3, "okay usual plain"), (5, "good great lovely"))
    for word in words.split()
    for thing in ["phone", "shop", "delivery", "charger", "screen", "robot", "car", "case"]
)


def choose(lab: Lab, name: str, option: str) -> None:
    lab.settle()
    wanted = lab.page.get_by_role("option", name=option, exact=True)
    for _ in range(10):
        # A chart that is drawn late moves the list, which closes it.
        lab.page.get_by_role("combobox", name=name, exact=True).click()
        with suppress(TimeoutError):
            wanted.click(timeout=2000)
            break
    lab.settle()


def stop_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Stop", exact=True)


def train(lab: Lab) -> None:
    lab.page.get_by_role("button", name="Train", exact=True).click()
    expect(stop_button(lab.page)).to_be_enabled(timeout=ENOUGH_MS)


def label_elsewhere(zipped: Path, folder: Path) -> str:
    """Return the label that plain transformers gives with the model in `zipped`."""
    with ZipFile(zipped) as archive:
        archive.extractall(folder)
    (config,) = folder.rglob("config.json")
    script = (
        "import sys; from transformers import pipeline; "
        "print(pipeline('text-classification', sys.argv[1])('good phone')[0]['label'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, config.parent],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def test_a_students_stars_become_a_model_whatever_happens_on_the_way(
    cold_lab: Callable[..., Lab], tmp_path: Path
) -> None:
    make_bert(tmp_path / "models" / "tiny")
    lab = cold_lab(environment={"OPEN_MODEL_LAB_MODELS": str(tmp_path / "models")})
    page, main = lab.open("/finetune"), lab.main()
    page.get_by_role("radio", name="My own file", exact=True).click()
    page.locator('input[type="file"]').set_input_files(
        {"name": "Stars.csv", "mimeType": "text/csv", "buffer": b"\xef\xbb\xbf" + STARS.encode()}
    )
    expect(main.get_by_text(re.compile("^72 rows, 2 columns"))).to_be_visible()
    expect(page.get_by_role("combobox", name="Column of the texts", exact=True)).to_be_visible()
    choose(lab, "How the labels are written", "Words, as they are")
    choose(lab, "How the labels are written", "Stars: 1-2 negative, 3 neutral, 4-5 positive")
    expect(main.get_by_text(re.compile("^Balanced: each of 3 labels"))).to_be_visible()
    choose(lab, "Base model", "local/tiny · 15.9K")
    choose(lab, "Experiment", "Too many epochs on few labels")

    # Long enough to be met in the middle, by a reload that knows nothing but the address.
    train(lab)
    page.reload()
    lab.wait_until_idle()
    expect(main.get_by_text(re.compile(r"Stars\.csv · Too many epochs"))).to_be_visible()
    expect(main.get_by_text("Data of my last training", exact=True)).to_be_visible()
    expect(main.get_by_text("Done. The results stand below.")).to_be_visible(timeout=ENOUGH_MS)
    lab.settle()
    expect(main.get_by_text(re.compile("test texts are right"))).to_be_visible()

    sentences = page.get_by_role("textbox", name="Sentences, one a line", exact=True)
    sentences.fill("good phone\nbad shop")
    sentences.press("Control+Enter")
    lab.settle()
    page.get_by_role("button", name="Try 2 sentences", exact=True).click()
    changed = main.get_by_text(re.compile("^Training changed the answer for"))
    expect(changed).to_be_visible(timeout=ENOUGH_MS)
    # The steps take notice of it, which draws the page once more, with another link to download.
    lab.settle()
    lab.expect_no_error()

    # What is downloaded answers in a process that knows nothing of the lab.
    with page.expect_download(timeout=ENOUGH_MS) as got:
        page.get_by_role("button", name=re.compile("^Download the model")).click()
    assert label_elsewhere(got.value.path(), tmp_path / "elsewhere") in LABELS
    lab.expect_no_error()

    # The data are still there, so another training needs no second upload.
    train(lab)
    stop_button(page).click()
    expect(main.get_by_text(re.compile("^Stopped"))).to_be_visible(timeout=ENOUGH_MS)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    lab.expect_no_error()
