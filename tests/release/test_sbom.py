"""The list of what MLabs is made of has what is bundled into the wheel, in the versions of the lock files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from mlabs_images import wheel

ROOT = Path(__file__).parents[2]
# What pages and rendered notebooks cannot do without.
WANTED = {
    "@tensorflow/tfjs-core", "@tensorflow/tfjs-layers", "@tensorflow/tfjs-converter",
    "@fontsource/stix-two-math", "@jupyter-widgets/html-manager", "plotly.js-dist-min", "temml",
    "configurable-http-proxy", "vega", "vega-lite",
}  # fmt: skip
OWN = {"bom-ref": "mlabs==1.0.0", "name": "mlabs", "version": "1.0.0", "type": "library"}
PYTHON = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"tools": {}},
    "components": [
        OWN | {"externalReferences": [{"type": "distribution", "url": "file:///home/somebody/mlabs.whl"}]},
        {"bom-ref": "tornado==6.6.1", "name": "tornado", "version": "6.6.1", "type": "library"},
    ],
    "dependencies": [{"ref": "mlabs==1.0.0", "dependsOn": ["tornado==6.6.1"]}, {"ref": "tornado==6.6.1"}],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    return wheel.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def sbom(script):
    return script("release/sbom")


def named(component: dict) -> str:
    return "/".join(filter(None, (component.get("group"), component["name"])))


def locked() -> set[tuple[str, str]]:
    """Name and version of all that the lock files name."""
    found = set()
    for lock in ROOT.glob("ui/*/package-lock.json"):
        for place, package in json.loads(lock.read_text())["packages"].items():
            if place:
                # Where it lies is another name than its own where two versions lie side by side.
                found.add((package.get("name") or place.rpartition("node_modules/")[2], package["version"]))
    return found


def test_everything_that_is_bundled_is_listed_as_it_is_locked(sbom, built):
    listed = sbom.bundled(built)
    assert {named(one) for one in listed} >= WANTED
    assert {(named(one), one["version"]) for one in listed} <= locked()
    assert len({one["bom-ref"] for one in listed}) == len(listed)
    assert all(one["licenses"][0].get("expression") or one["licenses"][0]["license"]["id"] for one in listed)


def test_the_license_of_everything_that_is_bundled_lies_beside_it(sbom, built):
    with zipfile.ZipFile(built) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if "LICENSES.txt" in name}
        extension = [name for name in archive.namelist() if name.endswith("third-party-licenses.json")]
        texts |= {name: archive.read(name).decode() for name in extension}
    assert len(texts) >= 3
    whole = "\n".join(texts.values())
    assert [named(one) for one in sbom.bundled(built) if named(one) not in whole] == []


def test_mlabs_is_what_all_of_it_is_of(sbom, built):
    said = sbom.whole(json.loads(json.dumps(PYTHON)), built)
    assert said["metadata"]["component"] == OWN | {"type": "application"}
    assert {one["name"] for one in said["components"]} > {"tornado", "temml"}
    references = {one["bom-ref"] for one in said["components"]}
    [own] = [one for one in said["dependencies"] if one["ref"] == OWN["bom-ref"]]
    assert set(own["dependsOn"]) == references
    assert {one["ref"] for one in said["dependencies"]} == references | {OWN["bom-ref"]}
    assert "/home/somebody" not in json.dumps(said)


@pytest.mark.parametrize(
    ("name", "license_", "purl", "licenses"),
    [
        ("temml", "MIT", "pkg:npm/temml@1.0.0", [{"license": {"id": "MIT"}}]),
        ("@a/b", "(MIT OR ISC)", "pkg:npm/%40a/b@1.0.0", [{"expression": "MIT OR ISC"}]),
    ],
)
def test_a_component(sbom, name, license_, purl, licenses):
    one = sbom.component(name, "1.0.0", license_)
    assert (one["purl"], one["licenses"], named(one)) == (purl, licenses, name)


def test_a_wheel_that_does_not_say_is_refused(sbom, tmp_path):
    with zipfile.ZipFile(tmp_path / "old.whl", "w"):
        pass
    with pytest.raises(KeyError, match="build it anew"):
        sbom.bundled(tmp_path / "old.whl")
