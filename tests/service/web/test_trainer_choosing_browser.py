"""Which data the trainer works with, in a browser: what was chosen last; what a training that ends leaves."""

from __future__ import annotations

import pytest
from service.web.test_trainer_browser import SCORE, STATIC, train
from service.web.test_trainer_browser import browser as browser
from service.web.test_trainer_browser import trainer as trainer
from support import screenshots
from support.waiting import until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (STATIC / "build/trainer.js").exists(), reason="the UI is not built: python ui/build.py"
    ),
]


def test_other_data_end_a_training_only_when_they_are_wanted_and_are_waited_for(trainer):
    held = []

    def hold(route):
        held.append(route)

    trainer.route("**/data/library/penguins/**", hold)
    iris, penguins = (
        trainer.locator(f"[data-sample][value='library/{name}']") for name in ("iris", "penguins")
    )
    iris.check()
    trainer.wait_for_selector("#train")
    train(trainer, epochs="3")
    trainer.wait_for_selector(SCORE.format("validation"))
    penguins.check()
    trainer.wait_for_selector("#train[aria-disabled=true]")
    assert "Other data are being read" in trainer.inner_text("#train-waits")
    trainer.locator("#train").dispatch_event("click")
    assert trainer.locator("#stop").count() == 0
    held.pop().continue_()
    trainer.wait_for_selector("#train:not([aria-disabled])")
    assert trainer.locator("#train-waits").count() == 0
    iris.check()
    trainer.wait_for_selector("text=150 rows")
    penguins.check()
    iris.check()
    trainer.wait_for_selector("text=150 rows")
    held.pop().continue_()
    trainer.wait_for_selector("#train:not([aria-disabled])")
    assert iris.is_checked() and trainer.locator("text=150 rows").count(), "what was chosen last counts"
    penguins.check()
    until(lambda: held or trainer.wait_for_timeout(50))
    held.pop().continue_()
    trainer.wait_for_selector("#train:not([aria-disabled])")
    trainer.fill("#epochs", "2000")
    trainer.fill("#patience", "2000")
    trainer.press("#patience", "Tab")
    trainer.click("#train")
    trainer.wait_for_selector("#pause")
    iris.check()
    screenshots.keep(trainer, "trainer-other-data")
    trainer.click("#keep-training")
    assert penguins.is_checked() and trainer.locator("#pause").is_visible()
    iris.check()
    trainer.click("#other-data")
    trainer.wait_for_selector("text=150 rows")
    trainer.wait_for_selector("#train:not([aria-disabled])")
    assert trainer.locator("#pause").count() == 0


def test_borders_are_drawn_again_after_a_training_that_was_ended(trainer):
    moons, iris = (
        trainer.locator(f"[data-sample][value='library/{name}']") for name in ("two-moons", "iris")
    )
    moons.check()
    trainer.wait_for_selector("#train")
    trainer.fill("#epochs", "2000")
    trainer.fill("#patience", "2000")
    trainer.press("#patience", "Tab")
    trainer.click("#train")
    trainer.wait_for_selector(".plane")
    trainer.focus("#loss-as-table")
    trainer.wait_for_timeout(600)
    assert trainer.evaluate("document.activeElement.id") == "loss-as-table", "drawing it anew takes no focus"
    iris.check()
    trainer.click("#other-data")
    trainer.wait_for_selector("text=150 rows")
    moons.check()
    trainer.wait_for_selector("text=400 rows")
    assert trainer.locator(".plane").count() == 0
    train(trainer, epochs="3")
    trainer.wait_for_selector(".plane")
