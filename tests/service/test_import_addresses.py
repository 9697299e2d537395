"""What people paste is understood, without asking anybody."""

from __future__ import annotations

import pytest

from mlabs_ext.errors import BadInput
from mlabs_ext.service.import_addresses import file_name, fragment_of, lab_of, source_of

RAW = "https://raw.githubusercontent.com/ada/nets/main/a%20b/mnist.ipynb"
PAGE = "https://github.com/ada/nets/blob/main/a%20b/mnist.ipynb"
GIST = "9ba2a7f0c1e2d3b4a5968778695a4b3c"
API = f"https://api.github.com/gists/{GIST}"
RUN = "01JCQ3W3T9V0Q8X5H7ZK2M0001"
LABS = "https://labs.example.org/services/mlabs"

FETCHED = {
    "a notebook": ("https://example.org/a/mnist.ipynb", "https://example.org/a/mnist.ipynb"),
    "with a query": ("https://example.org/get?id=3", "https://example.org/get?id=3"),
    "with a fragment": ("https://example.org/x.ipynb#part", "https://example.org/x.ipynb"),
    "plain http": ("http://example.org/x.zip", "http://example.org/x.zip"),
    "blanks around it": (f"  {PAGE}\n", RAW),
    "no scheme": ("github.com/ada/nets/blob/main/a%20b/mnist.ipynb", RAW),
    "in angle brackets": (f"<{PAGE}>", RAW),
    "GitHub": (PAGE, RAW),
    "GitHub, www": (PAGE.replace("github", "www.github"), RAW),
    "GitHub with a place in it": (f"{PAGE}#L12", RAW),
    "GitHub, raw": (PAGE.replace("/blob/", "/raw/"), RAW),
    "GitHub, a branch with a slash": (
        "https://github.com/ada/nets/blob/feature/x/mnist.ipynb",
        "https://raw.githubusercontent.com/ada/nets/feature/x/mnist.ipynb",
    ),
    "GitHub's raw files": (RAW, RAW),
    "a raw file of a gist": (
        f"https://gist.githubusercontent.com/ada/{GIST}/raw/x.ipynb",
        f"https://gist.githubusercontent.com/ada/{GIST}/raw/x.ipynb",
    ),
    "Colab": ("https://colab.research.google.com/github/ada/nets/blob/main/a%20b/mnist.ipynb", RAW),
    "Colab, scrolled": (
        "https://colab.research.google.com/github/ada/nets/blob/main/a%20b/mnist.ipynb?hl=de#scrollTo=x",
        RAW,
    ),
    "nbviewer": ("https://nbviewer.org/github/ada/nets/blob/main/a%20b/mnist.ipynb", RAW),
    "nbviewer, as it was called": (
        "https://nbviewer.jupyter.org/github/ada/nets/blob/main/a%20b/mnist.ipynb?flush_cache=true",
        RAW,
    ),
    "nbviewer, http": ("https://nbviewer.org/url/example.org/x.ipynb", "http://example.org/x.ipynb"),
    "nbviewer, https": (
        "https://nbviewer.org/urls/example.org:8443/x.ipynb?a=1",
        "https://example.org:8443/x.ipynb?a=1",
    ),
    "nbviewer of GitHub's page": (f"https://nbviewer.org/urls/{PAGE.removeprefix('https://')}", RAW),
    "a badge in Markdown": (
        "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        "(https://colab.research.google.com/github/ada/nets/blob/main/a%20b/mnist.ipynb)",
        RAW,
    ),
    "a badge in HTML": (
        '<a target="_blank" href="https://colab.research.google.com/github/ada/nets/blob/main/a%20b/mnist.ipynb">'
        '<img src="https://colab.research.google.com/assets/colab-badge.svg"/></a>',
        RAW,
    ),
    "a badge of ours": (
        f"[![Open in MLabs]({LABS}/badge.svg)]({LABS}/import?url=https%3A%2F%2Fexample.org%2Fx.ipynb)",
        "https://example.org/x.ipynb",
    ),
    "a badge of Kaggle's": (f"https://www.kaggle.com/kernels/welcome?src={PAGE.replace('%', '%25')}", RAW),
    "a badge of Binder's": (
        "https://mybinder.org/v2/gh/ada/nets/main?labpath=a%20b%2Fmnist.ipynb",
        RAW,
    ),
    "GitLab": (
        "https://gitlab.com/ada/nets/-/blob/main/x.ipynb?ref_type=heads",
        "https://gitlab.com/ada/nets/-/raw/main/x.ipynb",
    ),
    "Hugging Face": (
        "https://huggingface.co/datasets/ada/nets/blob/main/x.ipynb",
        "https://huggingface.co/datasets/ada/nets/resolve/main/x.ipynb",
    ),
    "a lab": (f"{LABS}/@ada/mnist", f"{LABS}/api/v1/labs/ada/mnist/versions/latest/notebook"),
    "a version of a lab": (f"{LABS}/@ada/mnist/v/3", f"{LABS}/api/v1/labs/ada/mnist/versions/3/notebook"),
    "a run of a lab": (f"{LABS}/@ada/mnist/runs/{RUN}", f"{LABS}/api/v1/runs/{RUN}/notebook"),
    "an embed": (f"{LABS}/embed/@ada/mnist?v=2", f"{LABS}/api/v1/labs/ada/mnist/versions/2/notebook"),
    "a lab below a prefix": (
        "http://127.0.0.1:8000/hub/services/mlabs/@a%40b/x-1",
        "http://127.0.0.1:8000/hub/services/mlabs/api/v1/labs/a%40b/x-1/versions/latest/notebook",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pasted", "url"), FETCHED.values(), ids=FETCHED)
def test_what_is_fetched(pasted, url):
    source = source_of(pasted)
    assert (source.url, source.gist) == (url, False)


GISTS = {
    "with its owner": (f"https://gist.github.com/ada/{GIST}", API, ""),
    "without": (f"https://gist.github.com/{GIST}", API, ""),
    "a revision": (f"https://gist.github.com/ada/{GIST}/{'a' * 40}", f"{API}/{'a' * 40}", ""),
    "one of its files": (f"https://gist.github.com/ada/{GIST}#file-my-nets-ipynb", API, "file-my-nets-ipynb"),
    "Colab": (f"https://colab.research.google.com/gist/ada/{GIST}", API, ""),
    "Colab, one of its files": (
        f"https://colab.research.google.com/gist/ada/{GIST}/my%20Nets.ipynb",
        API,
        "file-my-nets-ipynb",
    ),
    "nbviewer": (f"https://nbviewer.org/gist/ada/{GIST}", API, ""),
    "nbviewer, without its owner": (f"https://nbviewer.org/gist/{GIST}", API, ""),
}


@pytest.mark.parametrize(("pasted", "url", "file"), GISTS.values(), ids=GISTS)
def test_gists_are_asked_for_their_files(pasted, url, file):
    source = source_of(pasted)
    assert (source.url, source.gist, source.file) == (url, True, file)


def test_what_people_know_it_by_is_the_page_and_not_the_raw_file():
    colab = PAGE.replace("https://github.com", "https://colab.research.google.com/github")
    assert source_of(colab).shown == PAGE
    assert source_of(f"{LABS}/@ada/mnist").shown == f"{LABS}/@ada/mnist"


@pytest.mark.parametrize("query", ["token=GHSAT0", "a=1&X-Amz-Signature=abc", "api_key=x", "st=1&sig=x"])
def test_secrets_are_sent_but_not_remembered(query):
    source = source_of(f"https://example.org/x.ipynb?{query}")
    assert source == (f"https://example.org/x.ipynb?{query}", "https://example.org/x.ipynb", False, "")


def test_labs_of_a_site():
    assert lab_of(f"{LABS}/@a%40b/mnist/v/2", f"{LABS}/") == ("a@b", "mnist")
    assert lab_of(f"{LABS}/new", f"{LABS}/") is None
    assert lab_of(f"{LABS}/@ada/mnist", "https://other.org/services/mlabs/") is None


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Write it as"),
        ("hello", "Write it as"),
        ("x.ipynb", "Write it as"),
        ("file:///etc/passwd", "Write it as"),
        ("ftp://example.org/x.ipynb", "Write it as"),
        ("javascript:alert(1)", "Write it as"),
        ("data:application/json,{}", "Write it as"),
        ("https://", "Write it as"),
        ("https://[::1/x.ipynb", "not a complete address"),
        ("https://example.org/" + "x" * 2000, "longer than 2000"),
        ("https://github.com/ada/nets", "not a file on GitHub"),
        ("https://github.com/ada/nets/tree/main/notebooks", "not a file on GitHub"),
        ("https://colab.research.google.com/drive/1abc", "upload the file"),
        ("https://drive.google.com/file/d/1abc/view", "upload the file"),
        ("https://www.kaggle.com/code/ada/mnist", "upload the file"),
        (f"{LABS}/import?url=file:///etc/passwd", "Write it as"),
    ],
)
def test_what_cannot_be_fetched_is_said(pasted, words):
    with pytest.raises(BadInput) as refused:
        source_of(pasted)
    assert refused.value.code == "import_address"
    assert words in refused.value.message


def test_pages_within_pages_come_to_an_end():
    wrapped = "example.org/x.ipynb"
    for _ in range(10):
        wrapped = f"nbviewer.org/urls/{wrapped}"
    assert source_of(f"https://{wrapped}").url.startswith("https://nbviewer.org/urls/")


def test_names_of_files():
    assert file_name("https://example.org/a/my%20nets.ipynb?x=1") == "my nets.ipynb"
    assert file_name("https://example.org/a/") == ""
    assert fragment_of("Über my_Nets (2).ipynb") == "file-ber-my_nets-2-ipynb"
