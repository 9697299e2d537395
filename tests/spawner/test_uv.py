import signal
import subprocess

import pytest

from mlabs_spawner import uv

LISTED = """\
:env:.find-links='/from/env /more'
global.extra-index-url='file:///a/simple file:///b/simple'
global.find-links='/from/global'
global.index-url='https://global.example/simple'
install.index-url='https://install.example/simple'
install.trusted-host='\\none.example\\ntwo.example'
freeze.timeout='10'
"""


def test_pip_lets_variables_win_over_install_over_global():
    settings = uv.parse_pip_settings(LISTED)
    assert settings["find-links"] == "/from/env /more"
    assert settings["index-url"] == "https://install.example/simple"
    assert "timeout" not in settings


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("index-url", "https://a/simple", {"UV_DEFAULT_INDEX": "https://a/simple"}, id="index"),
        pytest.param(
            "extra-index-url", "\nfile:///a\nfile:///b", {"UV_INDEX": "file:///a file:///b"}, id="more"
        ),
        pytest.param("find-links", "/a /b", {"UV_FIND_LINKS": "/a,/b"}, id="links"),
        pytest.param("cert", "/etc/ca.crt", {"SSL_CERT_FILE": "/etc/ca.crt"}, id="certificates"),
        pytest.param("trusted-host", "a b", {"UV_INSECURE_HOST": "a b"}, id="trusted"),
        pytest.param("default-timeout", "180", {"UV_HTTP_TIMEOUT": "180"}, id="timeout"),
        pytest.param("proxy", "http://p:3128", {"ALL_PROXY": "http://p:3128"}, id="proxy"),
        pytest.param("no-index", "true", {"UV_NO_INDEX": "true"}, id="no index"),
        pytest.param("index-url", "", {}, id="empty"),
        pytest.param("progress-bar", "off", {}, id="not uv's business"),
    ],
)
def test_translate(key, value, expected):
    assert uv.translate({key: value}) == expected


def test_pip_files_and_variables_of_the_machine_are_followed(tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/from/variable")
    variables = uv.environment()
    assert variables["UV_DEFAULT_INDEX"] == "https://file.example/simple"
    assert variables["UV_FIND_LINKS"] == "/from/variable"


def test_without_pip_its_variables_are_followed(monkeypatch):
    monkeypatch.setattr(uv.importlib.util, "find_spec", lambda name: None)
    assert uv.environment({"PIP_EXTRA_INDEX_URL": "https://a https://b"})["UV_INDEX"] == "https://a https://b"


def test_the_administrators_own_settings_of_uv_win():
    variables = uv.environment(
        {"PIP_INDEX_URL": "https://pip", "UV_DEFAULT_INDEX": "https://uv", "PATH": "/bin"}
    )
    assert variables["UV_DEFAULT_INDEX"] == "https://uv"


@pytest.mark.parametrize(
    "name", ["JUPYTERHUB_API_TOKEN", "JPY_API_TOKEN", "CONFIGPROXY_AUTH_TOKEN", "MLABS_PASSWORD"]
)
def test_what_packages_run_while_they_are_built_sees_no_secret_of_the_hub(name):
    assert name not in uv.environment({name: "secret", "PATH": "/bin"})


def test_what_is_imported_as_a_check_is_compiled():
    assert "PYTHONDONTWRITEBYTECODE" not in uv.environment({"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/bin"})


LOG = """\
$ uv pip install -r requirements.txt
Resolved 31 packages in 503ms
Downloading debugpy (2.9MiB)
Downloading numpy (16.1MiB)
Downloading torch (1.5GiB)
 Downloaded debugpy
 Downloaded numpy
Prepared 31 packages in 559ms
Installed 31 packages in 130ms
 + asttokens==3.0.2
# checking that it works
"""


@pytest.mark.parametrize(
    ("lines", "percent", "sentence"),
    [
        pytest.param(0, 5, "Installing Tiny, once for everybody.", id="nothing yet"),
        pytest.param(2, 8, "31 packages to fetch or build", id="resolved"),
        pytest.param(4, 10, "fetched 0 of 20 MB, 0 of 2 large packages", id="fetching"),
        pytest.param(7, 10, "fetched 20 of 1631 MB, 2 of 3 large packages", id="most of them"),
        pytest.param(8, 60, "unpacking 31 packages (20 MB fetched)", id="fetched"),
        pytest.param(9, 70, "unpacking 31 packages", id="installed"),
        pytest.param(11, 75, "31 packages are in place; checking", id="checking"),
    ],
)
def test_progress_is_what_uv_says(lines, percent, sentence):
    now = uv.progress("\n".join(LOG.splitlines()[:lines]))
    assert sentence in now.sentence("Tiny")
    assert now.percent == percent


def test_a_note_is_shown_with_the_progress():
    now = uv.progress("# note: Only a build with CUDA was found.\nResolved 3 packages in 1ms\n")
    assert now.sentence("PyTorch").endswith("Only a build with CUDA was found.")


@pytest.mark.parametrize(
    ("log", "code", "words"),
    [
        pytest.param(
            "error: Failed to write: No space left on device (os error 28)", 2, "disk is full", id="full"
        ),
        pytest.param(
            "  cause: dns error\n  cause: failed to lookup", 2, "index does not answer", id="no network"
        ),
        pytest.param(
            "error sending request for url (https://x)", 2, "index does not answer", id="unreachable"
        ),
        pytest.param(
            "No solution found when resolving dependencies:", 1, "do not exist", id="no such package"
        ),
        pytest.param(
            "error: command '/usr/bin/gcc' failed with exit code 1", 1, "C/C++ compiler", id="compiler"
        ),
        pytest.param(
            "error: command 'x86_64-linux-gnu-gcc' failed: No such", 1, "C/C++ compiler", id="no gcc"
        ),
        pytest.param("Failed to build `thing==1.0`", 1, "has to be built", id="build"),
        pytest.param("ModuleNotFoundError: No module named 'x'", 1, "do not import", id="import"),
        pytest.param("error: Permission denied (os error 13)", 2, "not writable", id="permissions"),
        pytest.param("hash mismatch for six", 1, "hash differs", id="hash"),
        pytest.param("Resolved", -signal.SIGKILL, "out of memory", id="killed"),
        pytest.param("something new", 1, "last lines below", id="unknown"),
    ],
)
def test_explain(log, code, words):
    assert words in uv.explain(log, code)


def test_the_tail_keeps_passwords_to_itself():
    log = "$ uv pip install\n\nerror: Failed to fetch: `https://me:hunter2@index.example/simple/`\n"
    assert uv.tail(log) == "error: Failed to fetch: `https://…@index.example/simple/`"


def test_uv_comes_with_the_package():
    line = uv.command("--version")
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.startswith("uv ")
