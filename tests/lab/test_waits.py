import pytest

from mlabs_ext.lab.waits import sentence
from mlabs_ext.wire import Queue

UNKNOWN = "Whether one is free is not known now. Where none is, you wait for one."
YET = "How long is not known yet, for nobody gave one back lately; 2 people before you."


@pytest.mark.parametrize(
    ("queue", "held", "words"),
    [
        pytest.param(Queue("gpu", free=1, seconds=0), False, "No waiting now.", id="free"),
        pytest.param(Queue("gpu"), False, UNKNOWN, id="not known"),
        pytest.param(Queue("gpu", 0, 0, 720), False, "About 12 minutes; nobody before you.", id="the next"),
        pytest.param(Queue("gpu", 0, 1, 20), False, "Less than a minute; 1 person before you.", id="soon"),
        pytest.param(Queue("gpu", 0, 2, None), False, YET, id="not known yet"),
        pytest.param(Queue("gpu", 0, 0, 720), True, "No waiting now.", id="one's own becomes free"),
        pytest.param(
            Queue("gpu", 0, 1, 720), True, "About 12 minutes; 1 person before you.", id="others wait for it"
        ),
    ],
)
def test_what_a_choice_costs_in_time(queue, held, words):
    assert sentence(queue, held) == words
