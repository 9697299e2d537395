import pytest

from mlabs_ext import names
from mlabs_spawner.options import Refused, own_lab, read_options

RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
RUN_SERVER = names.run_server(RUN)


def test_the_lab_of_a_runs_server():
    assert own_lab({"lab": "ada/mnist", "run": RUN}, "ada", RUN_SERVER) == "ada/mnist"
    assert own_lab({"run": RUN, "lab": "@ada/2nd"}, "ada", RUN_SERVER) == "ada/2nd"


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        pytest.param({}, {}, id="none"),
        pytest.param({"lab": "ada/mnist"}, {"lab": "ada/mnist"}, id="a lab"),
        pytest.param({"lab": "ada/mnist", "environment": ""}, {"lab": "ada/mnist"}, id="an empty field"),
        pytest.param(
            {"lab": "ada/mnist", "environment": "jax", "accelerator": "gpu"},
            {"lab": "ada/mnist", "environment": "jax", "accelerator": "gpu"},
            id="all",
        ),
    ],
)
def test_what_is_kept(options, kept):
    assert read_options(options) == kept


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"image": "evil/image:latest"}, id="an image"),
        pytest.param({"environment": "jax", "mem_limit": "1T"}, id="a limit"),
        pytest.param({"cmd": ["sh"]}, id="a command"),
        pytest.param({"volumes": {"/": "/host"}}, id="a mount"),
        pytest.param({"": "x"}, id="no name"),
        pytest.param({"lab": ["ada/mnist", "ada/other"]}, id="twice the same"),
        pytest.param({"lab": True}, id="a truth"),
        pytest.param({"lab": None}, id="null"),
        pytest.param({"environment": {"name": "jax"}}, id="an object"),
        pytest.param({"accelerator": 1}, id="a number"),
        pytest.param({"lab": "a" * 201}, id="too long"),
    ],
)
def test_what_is_refused(options):
    with pytest.raises(Refused) as raised:
        read_options(options)
    assert raised.value.status_code == 400


@pytest.mark.parametrize(
    ("options", "user", "server", "lab"),
    [
        pytest.param({"lab": "ada/mnist"}, "ada", "mnist", "ada/mnist", id="its server"),
        pytest.param({"lab": "@ada/mnist"}, "ada", "mnist", "ada/mnist", id="written with @"),
        pytest.param({}, "ada", "mnist", "ada/mnist", id="started by name"),
        pytest.param({"lab": "user-a/b"}, "user-a", "b", "user-a/b", id="user-a and b"),
        pytest.param({"lab": "user/a-b"}, "user", "a-b", "user/a-b", id="user and a-b"),
        pytest.param({"lab": "Åsa@x.org/b"}, "Åsa@x.org", "b", "Åsa@x.org/b", id="any user name"),
        pytest.param(
            {"lab": "ada/2nd"}, "ada", names.server_name("2nd"), "ada/2nd", id="a name no server has"
        ),
    ],
)
def test_the_lab_of_a_server(options, user, server, lab):
    assert own_lab(options, user, server) == lab


@pytest.mark.parametrize(
    ("options", "server", "status", "words"),
    [
        pytest.param({"lab": "ada/mnist"}, "", 400, "one server for each lab", id="the default server"),
        pytest.param({}, "", 400, "one server for each lab", id="the default server, without a lab"),
        pytest.param({"lab": "bob/mnist"}, "mnist", 403, "Fork it", id="another's lab"),
        pytest.param({"lab": "Ada/mnist"}, "mnist", 403, "Fork it", id="another's, by case"),
        pytest.param({"lab": "ada/other"}, "mnist", 400, "is named 'other'", id="another server"),
        pytest.param({"lab": "ada/2nd"}, "nd", 400, "is named 'lab-2nd-", id="not its hashed name"),
        pytest.param({"lab": "mnist"}, "mnist", 400, "owner/name", id="no owner"),
        pytest.param({"lab": "ada/mnist/x"}, "mnist", 400, "owner/name", id="too much"),
        pytest.param({"lab": "ada/../bob"}, "bob", 400, "owner/name", id="a way out"),
        pytest.param({"lab": "ada/Mnist"}, "mnist", 400, "owner/name", id="not a name"),
        pytest.param({"lab": "ada/mnist", "run": RUN}, "mnist", 400, "is not named", id="a run on a lab's"),
        pytest.param({"lab": "bob/mnist", "run": RUN}, RUN_SERVER, 403, "only its owner", id="another's run"),
        pytest.param({"lab": "ada/mnist", "run": "x"}, "run-x", 400, "is not named", id="no run"),
        pytest.param({"lab": "ada/mnist"}, RUN_SERVER, 400, "is named 'mnist'", id="a lab on a run's"),
    ],
)
def test_a_server_that_is_for_no_lab_of_its_user(options, server, status, words):
    with pytest.raises(Refused, match=words) as raised:
        own_lab(options, "ada", server)
    assert raised.value.status_code == status


def test_a_refusal_reads_well_on_every_page_of_the_hub():
    refused = Refused("No <b>space</b>.\nFree some.", 503, "environment")
    assert refused.message == refused.jupyterhub_message == "No <b>space</b>.\nFree some."
    assert refused.message_html == refused.jupyterhub_html_message
    assert refused.message_html == "No &lt;b&gt;space&lt;/b&gt;.<br>Free some."
