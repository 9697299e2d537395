"""`mlabs up` for real: it starts, stops with all it started, starts again, and says what is wrong."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest
from support.person import Person
from support.processes import kill, server_process, service_process
from support.up import COMMAND, Up, environment

from mlabs_ext.doctor.here import Here
from mlabs_ext.up.data import DataDir
from mlabs_ext.up.hub import Hub, answers
from mlabs_ext.up.telling import log_of

Starter = Callable[..., Up]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Starts `mlabs up` on one data directory; what still runs at the end is stopped."""
    started: list[Up] = []

    def start(*arguments: str, **environ: str) -> Up:
        started.append(Up(tmp_path / "data", *arguments, **environ))
        return started[-1]

    yield start
    for up in started:
        up.stop()


def family(up: Up) -> list[psutil.Process]:
    """Everything that it started."""
    return psutil.Process(up.process.pid).children(recursive=True)


def sign_in(up: Up, name: str, password: str, **headers: str) -> httpx.Response:
    """The answer to the sign-in form."""
    with httpx.Client(base_url=up.url, timeout=30, headers=headers) as browser:
        page = browser.get("/hub/login")
        assert page.status_code == 200
        # Those that are for TLS alone would not be sent by themselves.
        cookies = [cookie.split(";")[0] for cookie in page.headers.get_list("Set-Cookie")]
        [xsrf] = [cookie.partition("=")[2] for cookie in cookies if cookie.startswith("_xsrf=")]
        form = {"username": name, "password": password, "_xsrf": xsrf}
        return browser.post("/hub/login", data=form, headers={"Cookie": "; ".join(cookies)})


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)


def refused(data: Path, *arguments: str, **environ: str) -> str:
    """What an `mlabs up` says that does not start."""
    done = subprocess.run(
        [COMMAND, "up", "--data", data, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=environment(**environ),
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_second_start_finds_everything_again(start):
    up = start().wait_ready()
    assert "one operating-system user" in up.said()
    ports = (up.data / "ports.json").read_bytes()
    processes = family(up)
    assert up.stop() == 0
    assert not [process for process in processes if process.is_running()]

    again = start().wait_ready()
    assert again.password == up.password
    assert (again.data / "ports.json").read_bytes() == ports
    assert sign_in(again, "ada", up.password).status_code == 302


def test_given_password_is_used_and_not_kept(start):
    up = start(MLABS_PASSWORD="pässword of mine").wait_ready()
    assert sign_in(up, "ada", "pässword of mine").status_code == 302
    assert not (up.data / "secrets" / "password").exists()
    assert up.stop(signal.SIGHUP) == 0


PUBLIC = "https://labs.example.org"


@pytest.mark.parametrize(
    ("variables", "setting"),
    [({"MLABS_PUBLIC_URL": PUBLIC}, ""), ({}, f"c.MLabsService.public_url = {PUBLIC!r}\n")],
    ids=["variable", "setting"],
)
def test_behind_a_tls_proxy_browsers_stay_with_it_and_each_address_has_its_own_guesses(
    start, tmp_path, variables, setting
):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mlabs_config.py").write_text(f"c.OnePassword.guesses = 2\n{setting}")
    up = start(**variables).wait_ready()
    # Who looks it over asks where people do.
    assert Here(DataDir(up.data), {}).public_url == PUBLIC
    # As a proxy in front says it; MLabs' own adds that it was asked by plain HTTP.
    with httpx.Client(base_url=up.url, headers={"X-Forwarded-Proto": "https"}) as browser:
        for page in ("/hub/login", "/services/mlabs/"):
            assert browser.get(page).headers["Strict-Transport-Security"] == "max-age=31536000"

    def guess(address: str, password: str) -> httpx.Response:
        # The proxy's own word comes last; what a client says of itself comes before it, or in another header.
        told = {"X-Forwarded-For": f"6.6.6.6, {address}", "X-Real-IP": password}
        return sign_in(up, "admin", password, **told)

    assert [guess("192.0.2.1", f"{number}").status_code for number in range(3)] == [403, 403, 429]
    refused = guess("192.0.2.1", up.password)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert "Too many wrong passwords came from your address" in refused.text
    let_in = guess("192.0.2.2", up.password)
    assert let_in.status_code == 302
    assert all("Secure" in cookie for cookie in let_in.headers.get_list("Set-Cookie"))


SECRETS = ("cookie_secret", "password", "service_cookie_secret", "service_token", "spawner_token")


def test_secrets_are_exchanged_by_removing_them(start):
    """What each of them opened is closed afterwards, and everything that is people's own is still there."""
    up = start().wait_ready()
    secrets, password = up.data / "secrets", up.password
    old = {name: (secrets / name).read_bytes() for name in SECRETS}
    with httpx.Client(follow_redirects=True, timeout=60) as browser:
        login = f"{up.url}/hub/login"
        browser.get(login)
        form = {"username": "ada", "password": password, "_xsrf": browser.cookies.get("_xsrf", path="/hub/")}
        assert browser.post(login, data=form).url.path == "/services/mlabs/me"
        ada = Person(up.url, "ada", password)
        assert ada.api("POST", "labs", json={"title": "Kept"}).status_code == 201
        ada.close()
        cookies = {cookie.name: cookie.value for cookie in browser.cookies.jar}
    assert up.stop() == 0
    for name in SECRETS:
        (secrets / name).unlink()
    up = start().wait_ready()
    assert {name for name in SECRETS if (secrets / name).read_bytes() == old[name]} == set()
    assert sign_in(up, "ada", password).status_code == 403
    assert sign_in(up, "ada", up.password).status_code == 302
    with httpx.Client(base_url=up.url, cookies=cookies) as browser:
        assert "/hub/login" in browser.get("/hub/home").headers["Location"]
        assert "login" in browser.get("/services/mlabs/me").headers["Location"]
    for name in ("service_token", "spawner_token"):
        token = {"Authorization": f"token {old[name].decode().strip()}"}
        assert httpx.get(f"{up.url}/hub/api/user", headers=token).status_code == 403, name
    again = Person(up.url, "ada", up.password)
    assert [lab["title"] for lab in again.ok("GET", "labs", params={"owner": "ada"})["items"]] == ["Kept"]
    # The hub asks the service by its new one, as the service has just asked the hub.
    refused = again.http.post("/hub/api/users/ada/servers/absent", json={})
    assert (refused.status_code, "There is no lab ada/absent" in refused.text) == (404, True)
    again.close()


def test_the_settings_file_is_read_by_hub_and_service(start, tmp_path):
    (tmp_path / "data").mkdir()
    graphs = tmp_path / "extra" / "graphs"
    graphs.mkdir(parents=True)
    (graphs / "environment.toml").write_text('title = "Graphs"\nframeworks = { networkx = "3.6" }\n')
    (graphs / "requirements.txt").write_text("networkx==3.6\n")
    (tmp_path / "data" / "mlabs_config.py").write_text(
        f'c.Catalogue.extra = "{graphs.parent}"\nc.OnePassword.password = "from the file"\n'
    )
    up = start().wait_ready()
    assert sign_in(up, "ada", "from the file").status_code == 302
    environments = httpx.get(f"{up.url}/services/mlabs/api/v1/environments").json()
    assert "graphs" in [environment["name"] for environment in environments]


@pytest.mark.slow
def test_a_service_that_takes_longer_than_usual_is_waited_for(start, tmp_path):
    # As a release that changes its tables does; JupyterHub itself gives up after half a minute.
    (tmp_path / "data").mkdir()
    slow = "import sys, time\nif '--Catalogue.local=True' in sys.argv:\n    time.sleep(45)\n"
    (tmp_path / "data" / "mlabs_config.py").write_text(slow)
    assert start().wait_ready().stop() == 0


@pytest.mark.parametrize("seconds", [0.2, 1.5, 3.0])
def test_signal_while_starting_ends_everything(start, seconds):
    up = start()
    time.sleep(seconds)
    processes = family(up)
    # Before Python is up, the signal simply ends it.
    assert up.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
    assert not [process for process in processes if process.is_running()]


def test_killed_up_leaves_the_port_to_the_next(start):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    up = start("--port", port).wait_ready()
    left = family(up)
    assert up.stop(signal.SIGKILL) == -signal.SIGKILL
    again = start("--port", port).wait_ready()
    assert again.url.endswith(f":{port}")
    wait_for(lambda: not any(process.is_running() for process in left))


def test_service_is_back_at_once_when_killed(start):
    up = start().wait_ready()
    kill(service_process(up.data))
    wait_for(lambda: answers(f"{up.url}/services/mlabs/healthz"), 15)


def test_servers_outlive_the_hub_and_end_with_mlabs(start):
    up = start().wait_ready()
    ada = Person(up.url, "ada", up.password)
    ada.ok("POST", "labs", json={"name": "lasting"})
    path = ada.start("lasting")
    server = server_process("ada", "lasting", up.data)
    kernel = ada.http.post(f"{path}api/kernels", json={}).json()["id"]
    ada.printed(path, kernel, "answer = 41")

    kill(service_process(up.data))
    up.kill_hub()
    up.wait_said("MLabs is ready again")
    assert server.is_running()
    assert ada.printed(path, kernel, "print(answer + 1)") == "42\n"
    assert ada.http.get(f"{path}api/status").status_code == 200
    assert ada.http.get("/hub/api/users/ada").json()["servers"]["lasting"]["ready"]

    ada.close()
    assert up.stop() == 0
    assert not server.is_running()


def test_signed_in_people_land_on_their_labs_others_on_explore(mlabs_up):
    assert sign_in(mlabs_up, "ada", mlabs_up.password).headers["Location"] == "/services/mlabs/me"
    with httpx.Client(base_url=mlabs_up.url) as browser:
        assert browser.get("/hub/").headers["Location"] == "/services/mlabs/"


@pytest.mark.parametrize(("name", "admin"), [("admin", True), ("ada", False)])
def test_admin_administers(mlabs_up, name, admin):
    person = Person(mlabs_up.url, name, mlabs_up.password)
    assert person.http.get("/hub/api/user").json()["admin"] is admin
    person.close()


def test_what_runs_in_a_lab_of_the_administrators_does_not_administer(mlabs_up):
    """The scopes are those that their servers have; code of others may run there."""
    admin = Person(mlabs_up.url, "admin", mlabs_up.password)
    assert admin.ok("GET", "me")["admin"] is True
    scopes = ["access:services!service=mlabs", "custom:mlabs:read", "custom:mlabs:write"]
    made = admin.http.post("/hub/api/users/admin/tokens", json={"scopes": scopes})
    server = {"Authorization": f"token {made.json()['token']}"}
    assert admin.ok("GET", "me", headers=server)["admin"] is False
    assert admin.api("GET", "reports").status_code == 200
    assert admin.api("GET", "reports", headers=server).status_code == 403
    admin.close()
    with httpx.Client(base_url=mlabs_up.url, timeout=60, follow_redirects=True) as browser:
        browser.get("/hub/login")
        form = {"username": "admin", "password": mlabs_up.password}
        browser.post("/hub/login", data=form | {"_xsrf": browser.cookies.get("_xsrf", path="/hub/")})
        assert browser.get("/services/mlabs/admin").status_code == 200


@pytest.mark.parametrize("password", ["", "x", "pässword"])
def test_wrong_password_is_refused(mlabs_up, password):
    answer = sign_in(mlabs_up, "ada", password)
    assert answer.status_code == 403
    assert "Invalid username or password" in answer.text


def test_hub_pages_carry_the_headers(mlabs_up):
    with httpx.Client(base_url=mlabs_up.url) as browser:
        answer = browser.get("/hub/login")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]


def test_secrets_are_closed_to_others(mlabs_up):
    for file in (mlabs_up.data / "secrets").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert stat.S_IMODE(mlabs_up.data.stat().st_mode) == 0o700


def test_second_up_on_the_same_data_is_refused(mlabs_up):
    said = refused(mlabs_up.data, "--port", "0")
    assert "up already" in said
    assert str(mlabs_up.process.pid) in said
    assert answers(f"{mlabs_up.url}/services/mlabs/healthz")


def test_taken_port_is_refused(mlabs_up, tmp_path):
    port = mlabs_up.url.rsplit(":", 1)[1]
    assert f"Port {port} on 127.0.0.1 is taken" in refused(tmp_path / "data", "--port", port)


def test_unusable_data_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    assert "cannot be used" in refused(tmp_path / "file" / "data")


def test_a_mistake_in_the_settings_is_told_without_the_log_around_it(tmp_path):
    settings = tmp_path / "mlabs_config.py"
    settings.write_text('c.Plans.plans = {"free": {"concurent_servers": 1}}\n')
    said = refused(tmp_path / "data", "--port", "0", MLABS_CONFIG=str(settings))
    assert "plan 'free', key 'concurent_servers': there is no such key" in said
    assert len(said.splitlines()) == 2


def test_without_an_engine_containers_are_refused(tmp_path):
    said = refused(tmp_path / "data", "--spawner", "docker", DOCKER_HOST="tcp://127.0.0.1:1")
    assert "The Docker engine does not answer" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.docker
def test_an_environment_without_an_image_is_refused_with_what_to_do(tmp_path):
    folder = tmp_path / "images" / "unbuilt"
    folder.mkdir(parents=True)
    (folder / "environment.toml").write_text('title = "Unbuilt"\n[[install]]\npackages = ["six==1.17.0"]\n')
    settings = tmp_path / "mlabs_config.py"
    settings.write_text(f'c.Catalogue.extra = "{folder.parent}"\n')
    arguments = ("--spawner", "docker", "--environments", "unbuilt")
    said = refused(tmp_path / "data", *arguments, MLABS_CONFIG=str(settings))
    assert "no image yet: unbuilt" in said
    assert "mlabs images build unbuilt" in said


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_body_over_the_limit_is_refused_through_the_proxy(mlabs_up, announced):
    ada = Person(mlabs_up.url, "ada", mlabs_up.password)
    piece = b"x" * 1024**2
    body = piece * 51 if announced else (piece for _ in range(51))
    for headers in ({}, {"Expect": "100-continue"}) if announced else ({},):
        answer = ada.api("POST", "labs", params={"title": "big"}, content=body, headers=headers)
        assert answer.status_code == 413, answer.text
        assert answer.json()["error"]["code"] == "too_large"
    ada.close()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        pytest.param(["MLabs cannot start: x", *["noise"] * 40], "MLabs cannot start: x\n", id="drowned"),
        pytest.param(
            ["MLabs cannot start: x", "[I] Running JupyterHub version 6", "y"], "it ends:", id="earlier"
        ),
    ],
)
def test_why_it_did_not_start_is_found_in_the_log(tmp_path, log, said):
    path = tmp_path / "hub.log"
    path.write_text("\n".join(["[I] Running JupyterHub version 6", *log]))
    lines = partial(Hub.last_lines, SimpleNamespace(log=path))
    assert said in log_of(SimpleNamespace(log=path, last_lines=lines))
