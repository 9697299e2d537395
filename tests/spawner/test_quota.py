"""Places, hours and accelerators, with the real service, hub and servers, over crashes of each."""

import contextlib
import functools
import json
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.fake_gpus import fake_tool, ids
from support.small_hub import SmallSuite, tiny
from support.waiting import until

from mlabs_spawner import processes

PLANS = """
c.Servers.check_interval = 0.5
c.Plans.plans = {
    "free": {"concurrent_servers": 1},
    "gpu": {"groups": ["gpu"], "accelerators": ["none", "gpu"]},
    "short": {"groups": ["short"], "cpu_hours": 12 / 3600},
}
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    data = tmp_path_factory.mktemp("quota")
    path = fake_tool(data / "bin", 1)
    suite = SmallSuite(data, tiny(data), data / "environments", PLANS, PATH=path)
    suite.start()
    yield suite
    suite.close()


def all_at_once(hub, user, labs):
    with ThreadPoolExecutor(len(labs)) as pool:
        return list(pool.map(lambda lab: hub.ask(user, lab, {"lab": f"{user}/{lab}"}), labs))


def one_started_and_the_rest_were_told(hub, user, answers):
    counts = Counter(answer.status_code for answer in answers)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert counts[201] + counts[202] == 1, counts
    assert len(refused) == len(answers) - 1, counts
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    words = {answer.json()["message"] for answer in refused}
    assert len(words) == 1
    assert "one server at a time" in words.pop()
    return until(lambda: [name for name in running(hub, user) if hub.server(user, name)["ready"]])


def running(hub, user):
    return list(hub.api.get(f"/users/{user}").json()["servers"])


def test_of_fifty_at_once_one_starts_and_so_it_is_after_the_hub_was_killed(hub):
    labs = [f"lab{number}" for number in range(50)]
    for lab in labs:
        hub.lab("ada", lab, environment="tiny")
    answers = all_at_once(hub, "ada", labs)
    [started] = one_started_and_the_rest_were_told(hub, "ada", answers)
    pid = hub.server("ada", started)["state"]["pid"]
    hub.stop(signal.SIGKILL)
    hub.start()
    until(lambda: (hub.server("ada", started) or {}).get("ready"))
    others = [lab for lab in labs if lab != started]
    assert {answer.status_code for answer in all_at_once(hub, "ada", others)} == {429}
    assert hub.server("ada", started)["state"]["pid"] == pid
    assert running(hub, "ada") == [started]
    [line] = hub.person("ada").get("/me/servers").json()["items"]
    assert (line["lab"], line["ended"]) == (f"ada/{started}", None)
    hub.stop_server("ada", started)
    # The place is free at once, and it is one place.
    [started] = one_started_and_the_rest_were_told(hub, "ada", all_at_once(hub, "ada", labs))
    hub.stop_server("ada", started)
    assert until(lambda: hub.person("ada").get("/me/servers").json()["items"] == [])


def test_a_start_that_fails_or_is_called_off_keeps_no_place(hub):
    for lab in ("fails", "works"):
        hub.lab("bob", lab, environment="tiny")
    # What is in the way of the server's folder makes the start fail after its place was granted.
    blocked = hub.data / "users" / "bob"
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("a file")
    assert hub.ask("bob", "fails", {"lab": "bob/fails"}).status_code == 500
    blocked.unlink()
    hub.start_server("bob", "works", {"lab": "bob/works"})
    hub.stop_server("bob", "works")


def test_an_accelerator_needs_a_plan(hub):
    hub.lab("cyd", "deep", environment="tiny", accelerator="gpu")
    status, message = hub.refusal("cyd", "deep", {"lab": "cyd/deep"})
    assert status == 403
    assert "gpu" in message.lower()
    assert not running(hub, "cyd")


def environment_of(hub, user, server):
    pid = hub.server(user, server)["state"]["pid"]
    lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(line.decode().split("=", 1) for line in lines if line)


def told(hub, user, words):
    """The first of a start's events that says these words."""
    url = f"{hub.url}/api/users/{user}/servers/deep/progress"
    with httpx.stream("GET", url, headers=hub.api.headers, timeout=60) as answer:
        return next((line for line in answer.iter_lines() if words in line), None)


def waits(hub, user):
    """Ask for a server that has to wait; what its page says then."""
    # The answer comes when the server is there, or never.
    ask = functools.partial(hub.ask, user, "deep", {"lab": f"{user}/deep"})
    threading.Thread(target=quietly, args=[ask], daemon=True).start()
    return until(lambda: told(hub, user, "Waiting for a GPU"))


def quietly(ask):
    with contextlib.suppress(httpx.TransportError):
        ask()


def test_an_accelerator_is_waited_for_and_found_again_after_the_hub_was_killed(hub):
    for user in ("dan", "eve", "fay"):
        hub.person(user, groups=["gpu"])
        hub.lab(user, "deep", environment="tiny", accelerator="gpu")
    hub.start_server("dan", "deep", {"lab": "dan/deep"})
    assert environment_of(hub, "dan", "deep")["CUDA_VISIBLE_DEVICES"] == ids(1)[0]
    assert "nobody before you" in waits(hub, "eve")
    for number in (signal.SIGKILL, signal.SIGTERM):
        until(lambda: "eve" in line(hub))
        hub.stop(number)
        hub.start()
        until(lambda: (hub.server("dan", "deep") or {}).get("ready"))
        # Whoever waited asks again, and has their place whoever is faster; whoever holds one holds it.
        until(lambda: not running(hub, "eve"))
        assert "1 person before you" in waits(hub, "fay")
        assert "nobody before you" in waits(hub, "eve")
    # Called off: the next one moves up, and nothing of it is kept.
    hub.stop_server("fay", "deep")
    assert until(lambda: told(hub, "eve", "nobody before you"))
    assert hub.person("fay").get("/me/servers").json()["items"] == []
    status = until(lambda: reported(hub))
    assert [one["holders"] for one in status["gpus"]] == [[{"user": "dan", "lab": "dan/deep"}]]
    # Anybody who is signed in is told how many wait, and not who.
    [queue] = hub.person("fay").get("/queue").json()
    assert (queue["accelerator"], queue["free"], queue["people"]) == ("gpu", 0, 1)
    assert "eve" not in str(queue)
    # A server that dies gives it back as well.
    processes.signal_group(hub.server("dan", "deep")["state"]["pid"], signal.SIGKILL)
    until(lambda: (hub.server("eve", "deep") or {}).get("ready"))
    assert environment_of(hub, "eve", "deep")["CUDA_VISIBLE_DEVICES"] == ids(1)[0]
    # How long eve waited is kept, and told to whoever comes.
    wait = until(lambda: hub.person("fay").get("/queue").json()[0]["usual_wait"])
    assert wait == pytest.approx(spans(hub, "waited")[-1])
    hub.stop_server("eve", "deep")
    assert until(lambda: spans(hub, "kept"))


def line(hub):
    """What the next hub will know of who waits."""
    file = hub.data / "gpu-line.json"
    return file.read_text() if file.exists() else ""


def spans(hub, what):
    """The seconds that the hub has written down of those who waited for an accelerator, or kept one."""
    return [span["seconds"] for span in json.loads((hub.data / "gpu-times.json").read_bytes())[what]]


def test_a_server_whose_start_the_hub_did_not_live_to_see_is_ended(hub):
    hub.lab("dan", "half", environment="tiny", accelerator="gpu")
    ask = functools.partial(hub.ask, "dan", "half", {"lab": "dan/half"})
    threading.Thread(target=quietly, args=[ask], daemon=True).start()
    entry = until(lambda: half_started(hub))
    hub.stop(signal.SIGKILL)
    pid = int(entry["process"].split()[0])
    assert processes.birth(pid)
    hub.start()
    until(lambda: not processes.birth(pid))
    until(lambda: hub.person("dan").get("/me/servers").json()["items"] == [])
    # And what it held is there for others, once.
    hub.start_server("dan", "deep", {"lab": "dan/deep"})
    assert environment_of(hub, "dan", "deep")["CUDA_VISIBLE_DEVICES"] == ids(1)[0]
    hub.stop_server("dan", "deep")


def half_started(hub):
    """The ledger's line of a server whose process is there, and is not ready yet."""
    return next((line for line in lines(hub, "dan") if line["server"] == "half" and line["process"]), None)


def lines(hub, user):
    """What the hub's ledger holds of somebody."""
    found = []
    for file in (hub.data / "ledger").glob("*.json"):
        with contextlib.suppress(FileNotFoundError):
            found.append(json.loads(file.read_bytes()))
    return [line for line in found if line["user"] == user]


def reported(hub):
    """What the service knows of accelerators, once that is about those who wait now."""
    token = hub.environment["TEST_SERVICE_TOKEN"]
    client = hub.person("dan")
    status = client.get("/hub/status", headers={"Authorization": f"token {token}"}).json()
    return status if [one["user"] for one in status["queue"] or []] == ["eve"] else None


def test_when_the_hours_are_used_up_the_server_stops_and_says_why(hub):
    hub.person("gil", groups=["short"])
    hub.lab("gil", "long", environment="tiny")
    hub.start_server("gil", "long", {"lab": "gil/long"})
    [line] = hub.person("gil").get("/me/servers").json()["items"]
    assert line["ends"] and line["reason"]
    until(lambda: not running(hub, "gil"))
    used = until(lambda: settled(hub, "gil"))
    assert 12 <= used <= 12 + 10
    status, message = hub.refusal("gil", "long", {"lab": "gil/long"})
    assert status == 429
    assert "hour" in message


def settled(hub, user):
    """The seconds that a person's servers ran, once none is open."""
    me = hub.person(user)
    open_ones = me.get("/me/servers").json()["items"]
    return None if open_ones else me.get("/me").json()["usage"]["cpu_hours"] * 3600


class Deaths(threading.Thread):
    """Watches processes from outside, and notes when each is gone."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.gone = set(pids), {}

    def run(self):
        while self.pids:
            for pid in [pid for pid in self.pids if not processes.birth(pid)]:
                self.gone[pid] = time.time()
                self.pids.discard(pid)
            time.sleep(0.01)


def test_the_ledger_is_exact_to_a_second(hub):
    people = ["ken", "lea", "max", "nia", "oda"]
    for user in people:
        hub.lab(user, "one", environment="tiny")
        hub.start_server(user, "one", {"lab": f"{user}/one"})
    pids = {user: hub.server(user, "one")["state"]["pid"] for user in people}
    began = {user: begun(pid) for user, pid in pids.items()}
    deaths = Deaths(pids.values())
    deaths.start()
    # Stopped by the hub; killed; ends by itself; killed while there is no hub; lives through that.
    hub.stop_server("ken", "one")
    processes.signal_group(pids["lea"], signal.SIGKILL)
    processes.signal_group(pids["max"], signal.SIGTERM)
    hub.stop(signal.SIGKILL)
    time.sleep(1)
    processes.signal_group(pids["nia"], signal.SIGKILL)
    time.sleep(3)
    hub.start()
    until(lambda: (hub.server("oda", "one") or {}).get("ready"))
    time.sleep(1)
    hub.stop_server("oda", "one")
    deaths.join(30)
    for user in people:
        used = until(lambda user=user: settled(hub, user))
        assert used == pytest.approx(deaths.gone[pids[user]] - began[user], abs=1), user


def begun(pid):
    """When a process began, in seconds since 1970."""
    boot = next(
        int(line.split()[1])
        for line in Path("/proc/stat").read_text().splitlines()
        if line.startswith("btime")
    )
    ticks = int(processes.birth(pid).split()[1])
    return boot + ticks / 100


def test_what_a_hub_left_is_told_by_the_next_one_before_anybody_comes(hub):
    hub.lab("pia", "one", environment="tiny")
    hub.start_server("pia", "one", {"lab": "pia/one"})
    # The service is away when the server ends, and the hub does not live to see it again.
    service = until(lambda: hub.service_pid())
    os.kill(service, signal.SIGSTOP)
    hub.stop_server("pia", "one")
    assert until(lambda: lines(hub, "pia"))
    hub.stop(signal.SIGKILL)
    os.kill(service, signal.SIGKILL)
    hub.start()
    assert until(lambda: settled(hub, "pia")) > 0
    until(lambda: not lines(hub, "pia"))


def test_pages_say_it_too(hub):
    for lab in ("one", "two"):
        hub.lab("quin", lab, environment="tiny")
    hub.start_server("quin", "one", {"lab": "quin/one"})
    with httpx.Client(base_url=hub.url, timeout=60) as browser:
        form = {"username": "quin", "password": "", "_xsrf": browser.get("/login").cookies["_xsrf"]}
        assert browser.post("/login", data=form).status_code == 302
        page = browser.get("/spawn/quin/two", params={"opt-lab": "quin/two"})
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Stop quin/one first" in page.text
    hub.stop_server("quin", "one")
