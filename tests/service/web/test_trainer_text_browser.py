"""Texts in the trainer, in a real browser: learned from, tested on a sentence, saved, and opened again."""

from __future__ import annotations

import random

import pytest
from service.web.test_trainer_browser import LONG, SCORE, STATIC, curves, score, train, upload
from service.web.test_trainer_saving_browser import KEEP, nobody_is_shut_out, saved, visit
from support import screenshots
from support.waiting import until

__all__ = ["visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/trainer.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]
GOOD, BAD = ("lovely", "sturdy", "quick", "friendly"), ("awful", "flimsy", "late", "rude")
THINGS = ("lamp", "chair", "tent", "kettle", "parcel")
TEXT = "[data-step=test] #own-text"


def reviews(rows: int = 400) -> str:
    """A table of texts, of which some words say what they are; every twentieth label is wrong."""
    draw, lines = random.Random(4), ["said,number,opinion"]
    for row in range(rows):
        good = row % 2 == 0
        words = [f"This {draw.choice(THINGS)} of order {draw.randrange(900)} is really"]
        words.append(draw.choice(GOOD if good else BAD))
        words.append(draw.choice(("so I say", "as my sister says", "or nearly so, it\u2019s true")))
        label = good if row % 20 else not good
        lines.append(f'"{" ".join(words)}",{draw.random():.3f},{"good" if label else "bad"}')
    return "\n".join(lines)


def says(page, text: str, wanted: str) -> None:
    page.fill(TEXT, text)
    page.wait_for_function(
        "wanted => document.querySelector('[data-step=test]').innerText.includes(`It says ${wanted}.`)",
        arg=wanted,
    )


def test_texts_are_read_and_a_project_of_them_is_the_same_when_it_is_opened_again(lasting_site, visit):
    page = visit("ada")
    upload(page, "own.csv", reviews())
    page.wait_for_selector("#train")
    assert page.input_value("#layout") == "text", "the texts say more than a number beside them"
    assert page.input_value("#kind-0") == "text"
    columns = page.inner_text("[data-step=columns]")
    assert "not used beside the text" in columns and "of the words are unknown to it" in columns

    train(page, seed="3", epochs="10")
    first = curves(page)
    train(page)
    assert curves(page) == first and len(first) == 20
    page.wait_for_selector(SCORE.format("validation"))
    page.click("#test")
    page.wait_for_selector(SCORE.format("test"))
    assert score(page, "test") >= 0.85

    says(page, "what an awful thing", "bad")
    says(page, "It\u2019s LOVELY, and never seen before", "good")
    decided = page.locator("[data-step=test] details", has_text="Which words decided")
    until(lambda: decided.locator("tbody th").first.inner_text() == "lovely")
    assert "“before”" in page.inner_text("#own-text-lost")
    page.evaluate("document.querySelector('#step-test').scrollIntoView()")
    screenshots.keep(page, "trainer-text")
    page.fill(TEXT, "…")
    page.wait_for_selector("[data-step=test] >> text=No word is in it")
    page.click("#words")
    page.wait_for_selector("#shown-words .bars")
    assert set(page.locator("#shown-words .chart").first.locator(".bars__name").all_inner_texts()) & set(BAD)

    lab = saved(page)
    nobody_is_shut_out(page, "trainer-text-1280")
    page.set_viewport_size({"width": 390, "height": 900})
    nobody_is_shut_out(page, "trainer-text-390")

    api = lasting_site.as_("ada")
    (model,) = api.get(f"api/v1/labs/{lab}/models").json()["items"]
    address = f"models/{model['owner']}/{model['name']}/latest/model.json"
    until(lambda: api.get(address).status_code == 200)
    text = api.get(address).json()["userDefinedMetadata"]["mlabs"]["text"]
    assert text["name"] == "said" and {"is", "really"} <= set(text["vocabulary"][:8])

    again = visit("ada", f"trainer?lab={lab}")
    again.wait_for_selector(f"{KEEP} >> text=This is the project of")
    assert [again.input_value(f"#{name}") for name in ("seed", "epochs", "layout")] == ["3", "10", "text"]
    train(again)
    assert curves(again) == first

    # The model by itself reads other rows by its own words.
    other = visit("ada", f"trainer?model={model['owner']}%2F{model['name']}")
    upload(other, "own.csv", reviews(100))
    other.wait_for_selector("[data-step=network] >> text=It fits these data.")
    other.select_option("#given-what", "test")
    other.click("#train")
    other.wait_for_selector(SCORE.format("validation"), timeout=LONG)
    assert score(other, "validation") >= 0.8


def test_a_column_is_made_a_text_by_hand_and_read_by_a_convolution(visit):
    page = visit()
    kinds = [f"{'not ' * (row % 3 == 0)}good {'one' if row % 2 else 'two'}" for row in range(90)]
    rows = "\n".join(f"{said},{row % 7},{row % 3}" for row, said in enumerate(kinds))
    upload(page, "own.csv", f"said,number,class\n{rows}\n")
    page.wait_for_selector("#kind-0")
    assert page.input_value("#kind-0") == "category"
    page.select_option("#kind-0", "text")
    page.wait_for_selector("#known-words")
    page.check("#preset-2")
    page.fill("#read-words", "8")
    page.press("#read-words", "Tab")
    page.wait_for_function("() => document.querySelector('#read-words').value === '8'")
    assert "Embedding" in page.inner_text("[data-step=network]")
    train(page, epochs="3")
    page.click("#activations")
    page.wait_for_selector("text=What goes in:")
    page.click("#remove-0")
    page.wait_for_selector("[data-step=network] >> text=has to be an embedding")
