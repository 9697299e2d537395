"""What the guard finds, what it leaves alone, and how much of a secret it tells."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from guard.notebooks import BASE64, GITHUB, HEX, RANDOM, code, display, markdown, notebook, raised, stream

from mlabs_ext import notebook as notebooks
from mlabs_ext.guard import Known, check, stopping

SECRETS = {
    "github": (f'login("{GITHUB}")', "github"),
    "github, fine-grained": (f"github_pat_{RANDOM[:22]}_{RANDOM}", "github"),
    "gitlab": (f"glpat-{RANDOM[:20]}", "gitlab"),
    "aws id": ("AKIA" + "Q3EGRJ7X2MZTVLKP", "aws_id"),
    "aws secret": (f"aws_secret_access_key = '{RANDOM[:40]}'", "key"),
    "google": ("AIza" + RANDOM[:35], "google"),
    "slack": (f"xoxb-904817263510-{RANDOM[:24]}", "slack"),
    "slack hook": (
        f"https://hooks.slack.com/services/T0{HEX[:8].upper()}/B0{HEX[:8].upper()}/{RANDOM[:24]}",
        "slack",
    ),
    "openai": (f"sk-{RANDOM}", "openai"),
    "openai project": (f"sk-proj-{RANDOM}", "openai"),
    "anthropic": (f"sk-ant-api03-{RANDOM}", "anthropic"),
    "hugging face": (f"hf_{RANDOM[:34]}", "huggingface"),
    "kaggle": (f"KGAT_{HEX}", "kaggle"),
    "kaggle file": (f'{{"username":"ada","key": "{HEX}"}}', "key"),
    "pypi": (f"pypi-AgEIcHlwaS5vcmcC{RANDOM}{RANDOM}", "pypi"),
    "npm": (f"npm_{RANDOM[:36]}", "npm"),
    "jwt": (f"eyJ{RANDOM[:20]}.eyJ{RANDOM[:30]}.{RANDOM}", "jwt"),
    "stripe": (f"sk_live_{RANDOM[:24]}", "stripe"),
    "private key": (
        f"-----BEGIN RSA PRIVATE KEY-----\n{BASE64}\n{BASE64}\n-----END RSA PRIVATE KEY-----",
        "private_key",
    ),
    "database": ("postgresql://ada:c0rrect-horse@db.uni.de/x", "url"),
    "database, driver": ("mysql+pymysql://ada:n0tTold@db.uni.de", "url"),
    "header": (f'headers={{"Authorization": "Bearer {RANDOM}"}}', "header"),
    "header, token": (f'"Authorization": "token {HEX}"', "header"),
    "hub token in an address": (f"http://hub.uni.de/user/ada/lab?token={HEX}", "token"),
    "hub token in an environment": (f"JUPYTERHUB_API_TOKEN={HEX}", "token"),
    "password": ('password = "hunter2!x"', "password"),
    "password of a call": ("connect(user='ada', passwd='N0rwich77')", "password"),
    "password of a mapping": ('{"db_password": "N0rwich77"}', "password"),
    "api key": (f'api_key="{RANDOM[:24]}"', "key"),
    "api key of an environment": (f"os.environ['WANDB_API_KEY'] = '{HEX}{HEX[:8]}'", "key"),
    "magic": (f"%env SERVICE_TOKEN={HEX}", "token"),
    "login": (f"!wandb login {HEX}{HEX[:8]}", "header"),
}

HARMLESS = {
    "environment": 'api_key = os.environ["API_KEY"]; token = os.getenv("HF_TOKEN")',
    "asked for": 'password = getpass.getpass("Your password: ")',
    "placeholders": 'api_key = "YOUR_API_KEY"; token="<token>"; secret="xxxxxxxxxxxxxxxx"; pwd="changeme"',
    "placeholder of a service": 'openai.api_key = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    "example of AWS": "AKIAIOSFODNN7EXAMPLE",
    "template": 'token = "${TOKEN}"; password = f"{password}"; url = "postgres://{user}:{password}@{host}/db"',
    "tokenizer": 'tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased"); pad_token="<|endoftext|>"',
    "words": 'secret = "strawberry-field"; token = "bert-base-uncased-v2-large"; tokens = "a b c d e f g"',
    "field": 'password_field = "id_password"; <input type="password" name="password" id="login-password">',
    "hash": f"sha256: {HEX}{HEX}  commit 3f786850e387550fdab836ed7e6dc881de23001b",
    "uuid": 'run_id = "550e8400-e29b-41d4-a716-446655440000"',
    "shipped": "postgresql://postgres:postgres@localhost:5432/db redis://:password@cache",
    "import": "sk-learn-contrib-something-longer hf_hub_download(repo_id='a/b') import npm_install",
    "public key": f"-----BEGIN PUBLIC KEY-----\n{BASE64}\n-----END PUBLIC KEY-----",
    "begin of a key alone": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "nobody's mail": "ada@example.com git@github.com:a/b.git noreply@github.com you@company.com",
    "product of matrices": "W1@X.dot(b); x = A@B.T; y = m@v.com(3)",
    "paths of images": "/home/jovyan/a /Users/<name>/x C:\\Users\\username\\x https://a.org/home/ada ~/data",
    "versions": "nvidia-curand-cu12==10.3.2.106\nnvidia-curand-cu12       10.3.2.106\nrelease-10.1.2.3",
    "other hosts": "127.0.0.1 8.8.8.8 172.32.0.1 10.0.0.300",
    "picture": f'<img src="data:image/png;base64,{RANDOM}/home/ada/{GITHUB.replace("_", "")}{RANDOM}">',
}

PERSONAL = {
    "mail": ("by ada.lovelace@maths.ox.ac.uk.", "email"),
    "linux": ("pd.read_csv('/home/ada/work/data/x.csv')", "path"),
    "mac": ('open("/Users/ada/x.csv")', "path"),
    "windows": ('open(r"C:\\Users\\Ada L\\x.csv")', "path"),
    "windows, escaped": ('open("C:\\\\Users\\\\ada\\\\x.csv")', "path"),
    "windows, mounted": ("/mnt/c/Users/ada/x", "path"),
    "home": ("cd /srv/homes/ada", "path"),
    "file address": ("file:///home/ada/x", "path"),
    "name": ("Author: Ada Lovelace", "name"),
    "account": ("whoami: adalove\n", "name"),
    "host": ("http://192.168.1.20:8080", "host"),
    "host of ten": ("ssh 10.1.2.3", "host"),
}
ADA = Known(names=("adalove", "Ada Lovelace"), homes=("/srv/homes/ada",), secrets=(f"{HEX}ffff",))


@pytest.mark.parametrize(("source", "kind"), SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("where", ["source", "output", "html", "metadata"])
def test_secrets(source: str, kind: str, where: str) -> None:
    nb = {
        "source": lambda: notebook(code(source)),
        "output": lambda: notebook(code("1", stream(f"first\n{source}\n"))),
        "html": lambda: notebook(code("1", display(text__html=f"<p>{source}</p>"))),
        "metadata": lambda: notebook(code("1", note=source)),
    }[where]()
    findings = check(nb).findings
    assert [found.kind for found in findings if found.severity == "secret"] == [kind]
    assert stopping(findings)
    assert not stopping(findings, {found.id for found in findings})


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS)
def test_what_is_none(source: str) -> None:
    nb = notebook(markdown(source), code(source, stream(source), display(text__html=source), id="b"))
    assert check(nb).findings == []


@pytest.mark.parametrize(("source", "kind"), PERSONAL.values(), ids=PERSONAL)
def test_personal(source: str, kind: str) -> None:
    findings = check(notebook(markdown(source)), ADA).findings
    assert [found.kind for found in findings] == [kind]
    assert stopping(findings) == []


def test_everywhere_in_a_notebook() -> None:
    nb = notebook(
        code(
            "1",
            stream(f"a\n{GITHUB}"),
            display(**{"application__json": {"deep": [{"it": GITHUB}, 1, None]}}),
            display(**{"image__svg+xml": f"<svg><text>{GITHUB}</text></svg>", "image__png": f"{GITHUB}"}),
            raised("Traceback", f"\x1b[0;31m{GITHUB}\x1b[0m"),
        ),
        markdown("x", **{"a.txt": {"text/plain": GITHUB}}),
        key=GITHUB,
    )
    found = check(nb).findings
    assert [(each.where, each.output, each.cell) for each in found] == [
        ("output", 0, 1),
        ("output", 1, 1),
        ("output", 2, 1),
        ("output", 3, 1),
        ("attachment", None, 2),
        ("metadata", None, None),
    ]
    assert {each.count for each in found} == {1}
    assert found[0].line == 2
    assert found[0].place == "Cell 1, output 1"


def test_widgets() -> None:
    state = {
        "a1" * 16: {
            "model_name": "Text",
            "state": {"_model_name": "TextModel", "value": "hello world", "layout": "IPY_MODEL_" + HEX},
        },
        "b2" * 16: {
            "model_name": "PasswordModel",
            "state": {"_model_name": "PasswordModel", "value": "N0rwich77"},
        },
    }
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    findings = check(notebook(widgets=widgets)).findings
    assert [(found.kind, found.where) for found in findings] == [("password", "metadata")]


def test_a_secret_is_followed_to_where_nothing_names_it() -> None:
    nb = notebook(code('password = "N0rwich77"\nprint(password)', stream("N0rwich77\n")))
    assert [(each.kind, each.where) for each in check(nb).findings] == [
        ("password", "source"),
        ("password", "output"),
    ]


def test_the_servers_own_token() -> None:
    assert [each.kind for each in check(notebook(code("1", stream(f"x {HEX}ffff y"))), ADA).findings] == [
        "server_token"
    ]


@pytest.mark.parametrize(("source", "kind"), SECRETS.values(), ids=SECRETS)
def test_no_finding_tells_the_secret(source: str, kind: str) -> None:
    nb = notebook(code(f"{source} # {GITHUB}", stream(source)))
    checked = check(nb)
    said = json.dumps([repr(found) for found in checked.findings])
    assert RANDOM[5:20] not in said
    assert HEX[5:20] not in said
    for found in checked.findings:
        for match in checked._held[found.id].matches:
            assert match.value not in said
            assert len(match.value) < 20 or match.value[4:-2] not in said


def test_ids_hold_for_this_text_alone() -> None:
    first = check(notebook(code(f"a = '{GITHUB}'"))).findings
    moved = check(notebook(markdown("x"), code(f"a = '{GITHUB}'"))).findings
    changed = check(notebook(code(f"b = '{GITHUB}'"))).findings
    twice = check(notebook(code(f"a = '{GITHUB}'"), code(f"a = '{GITHUB}'", id="b"))).findings
    assert first[0].id == moved[0].id == twice[0].id
    assert len({first[0].id, changed[0].id, twice[1].id}) == 3


def test_many_of_one_kind_in_one_output_are_one_finding() -> None:
    mails = "\n".join(f"ada{n}@maths.ox.ac.uk" for n in range(200))
    [output] = check(notebook(code("1", stream(mails)))).findings
    assert (output.count, output.kind) == (200, "email")
    source = check(notebook(markdown(mails))).findings
    assert len(source) == 51
    assert sum(found.count for found in source) == 200


SIGNS = (
    "ghp_",
    "a@",
    "a@a.",
    "token=",
    "password='",
    "://a:",
    "-----BEGIN PRIVATE KEY-----\n",
    "eyJaaaaaaaaaa.",
    "/home/a/",
    "C:\\Users\\",
    "10.0.0.1 ",
    "\x1b[",
    ";base64,",
    "Authorization: Bearer ",
    "'\"",
    " ",
    "=",
    "password = 'Hunter2xyz' ",
    f"{GITHUB} ",
    "ada.lovelace@maths.ox.ac.uk ",
    "x" * 1000 + "\n",
)


@pytest.mark.parametrize("sign", SIGNS)
def test_time_grows_with_size_alone(sign: str) -> None:
    """What is quadratic takes hours for these characters; what is linear some tenths of a second."""
    text = sign * (400_000 // len(sign))
    began = time.process_time()
    checked = check(notebook(code(text, stream(text))), ADA)
    checked.fixed([found.id for found in checked.findings])
    assert time.process_time() - began < 30


def test_large_notebooks() -> None:
    picture = display(image__png="iVBORw0KGgo" + RANDOM * 300_000)
    text = stream("epoch 1 loss 0.25 accuracy 0.93\n" * 100_000)
    began = time.process_time()
    findings = check(
        notebook(*[code(f"x = {n}", picture, id=f"c{n}") for n in range(2)], code("y", text))
    ).findings
    assert findings == []
    assert time.process_time() - began < 30


def test_too_much_is_said() -> None:
    [found] = check(notebook(code("1", stream("ghp_ " * 60_000)))).findings
    assert (found.kind, found.severity, found.fix.kind) == ("too_much", "secret", "drop_output")


@pytest.mark.corpus
def test_notebooks_of_all_the_world_hold_few(corpus: Path) -> None:
    """Of thirty notebooks of public repositories two hold paths of their authors, one a key of a map."""
    kinds = [
        found.kind
        for file in sorted(corpus.glob("*.ipynb"))
        for found in check(notebooks.clean(notebooks.parse(file.read_bytes()))).findings
    ]
    assert sorted(kinds) == ["path", "path", "path", "token", "token"]
