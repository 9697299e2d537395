"""An export from an MLabs elsewhere, over HTTP."""

from __future__ import annotations

import pytest
from export.test_exporter import dead_links

import mlabs_ext
from mlabs_ext.errors import Forbidden, NotFound, Unavailable, Unusable
from mlabs_ext.export.source import Elsewhere, Reader
from mlabs_ext.remote.site import Login, keep


@pytest.fixture
def signed_in(old_town, tmp_path, monkeypatch):
    """Sign somebody in, as `mlabs login` does."""
    url = old_town.site.url.removesuffix("/services/mlabs/")

    def sign_in(name: str) -> str:
        monkeypatch.setenv("MLABS_LOGIN", str(tmp_path / "login.json"))
        keep(Login(url, f"{name}-token"))
        return f"{url}/services/mlabs/"

    return sign_in


def test_an_owner_exports_a_lab_from_afar(old_export, signed_in):
    base = signed_in("ada")
    copy, done = old_export("mnist", remote=True)
    assert (done["what"], done["site"], done["labs"]) == ("ada/mnist", base, 1)
    assert dead_links(copy) == []
    assert f"{base}@ada/mnist" in copy.page("@ada/mnist/index.html").links()
    assert not copy.page("@ada/mnist/index.html").all("form", method="post")
    here, _ = old_export("ada/mnist", folder="here", site=base)
    assert here.text("@ada/mnist/v/1/index.html") == copy.text("@ada/mnist/v/1/index.html")
    assert here.files().keys() == copy.files().keys()


def test_what_is_private_stays_so_for_its_owner_too(old_export, signed_in):
    signed_in("ada")
    with pytest.raises(NotFound):
        old_export("secret", remote=True)


def test_an_unlisted_lab_is_its_owners_to_export(old_export, signed_in):
    signed_in("bob")
    with pytest.raises(Forbidden):
        old_export("ada/hidden", remote=True)
    signed_in("ada")
    assert old_export("hidden", folder="mine", remote=True)[1]["labs"] == 1


async def test_nobody_there():
    with pytest.raises(Unavailable):
        await Reader(Elsewhere("http://127.0.0.1:9")).check()


async def test_another_version(old_town, monkeypatch):
    reader = Reader(Elsewhere(old_town.site.url.removesuffix("/services/mlabs/")))
    await reader.check()
    monkeypatch.setattr(mlabs_ext, "__version__", "9.9")
    with pytest.raises(Unusable) as refused:
        await reader.check()
    assert refused.value.code == "version_differs"
