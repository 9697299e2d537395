"""Keras, of any version and backend: a callback, and what `fit` returns."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from mlabs_kernel.metrics import log, log_found

MARK = "_mlabs_logged"
LEFT_OUT = (
    "mlabs.KerasCallback: {names}: not logged, as it is no single number. Log one number a name in a "
    "callback of your own, for example mlabs.log(f1=float(value.mean()), step=epoch)."
)


def callback_class() -> type:
    """The callback, made for the Keras that the notebook uses."""
    base: Any = found().callbacks.Callback

    class KerasCallback(base):
        """Logs what Keras reports at the end of each epoch; with `batches=100` of every hundredth batch too.

        model.fit(x, y, epochs=10, callbacks=[mlabs.KerasCallback()])

        Steps are epochs from 0; names of batches begin with `batch/`, their steps count batches. What is no
        single number, as a metric of each class, is left out, and named once.
        """

        def __init__(self, batches: int | None = None):
            super().__init__()
            self.batches = batches
            self.seen = 0
            self.left_out: set[str] = set()

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            self.seen += 1
            if self.batches and logs and self.seen % self.batches == 0:
                self.record({"batch": logs}, self.seen)

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self.record(logs or {}, epoch)

        def record(self, logs: dict[str, Any], step: int) -> None:
            """Log what is a number: nothing else of it is worth a training that breaks off."""
            new = set(log_found(logs, step)) - self.left_out
            if new:
                self.left_out |= new
                print(LEFT_OUT.format(names=", ".join(sorted(new))), file=sys.stderr)

        def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
            # What `fit` returns holds the same once more.
            if (history := getattr(self.model, "history", None)) is not None:
                setattr(history, MARK, True)

    return KerasCallback


def found() -> Any:
    """The module `keras`: the one in use, else the one that is installed."""
    for name in ("keras", "tensorflow.keras"):
        if name in sys.modules:
            return sys.modules[name]
    try:
        return importlib.import_module("keras")
    except ImportError:
        return importlib.import_module("tensorflow.keras")


def log_history(history: Any, asked: bool = True) -> None:
    """Log what `fit` returned: one step an epoch, once. What nobody has `asked` for raises nothing."""
    course = getattr(history, "history", None)
    if not isinstance(course, dict):
        if not asked:
            return
        raise TypeError(
            "mlabs.log takes names and numbers, or what Keras' fit returns, "
            f"but not {type(history).__name__}. For example: mlabs.log(loss=0.3, step=1)"
        )
    if getattr(history, MARK, False):
        return
    # What cannot be logged now cannot after the next cell either.
    setattr(history, MARK, True)
    epochs = getattr(history, "epoch", None) or range(max(map(len, course.values()), default=0))
    for place, epoch in enumerate(epochs):
        values = {name: values[place] for name, values in course.items() if place < len(values)}
        if asked:
            log(values, step=epoch)
        else:
            log_found(values, epoch)
