"""Lists what MLabs is made of, as CycloneDX: `python release/sbom.py WHEEL PYTHON.json OUT.json`.

PYTHON.json is what `cyclonedx-py environment` says of an environment with that wheel in it. It knows Python's
packages and not those of npm whose work is bundled into the wheel; the wheel itself tells of these.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

# What the builds of `ui/` write, and under which names they give a package's name, version and license.
BUNDLED = {
    "mlabs_ext/service/static/build/packages.json": ("name", "version", "license"),
    "mlabs_spawner/proxy/packages.json": ("name", "version", "license"),
    "share/jupyter/labextensions/mlabs-labextension/static/third-party-licenses.json": (
        *("name", "versionInfo", "licenseId"),
    ),
}


def bundled(wheel: Path) -> list[dict[str, Any]]:
    """The components that the wheel holds of npm, each once; KeyError where a build did not say."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for wanted, (name, version, license_) in BUNDLED.items():
            inside = [one for one in archive.namelist() if one.endswith(wanted)]
            if not inside:
                raise KeyError(f"{wheel.name} has no {wanted}: build it anew.")
            said = json.loads(archive.read(inside[0]))
            for package in said["packages"] if isinstance(said, dict) else said:
                one = component(package[name], package[version], package[license_])
                found[one["bom-ref"]] = one
    return [found[reference] for reference in sorted(found)]


def component(name: str, version: str, license_: str) -> dict[str, Any]:
    """A package of npm."""
    scope, _, own = name.rpartition("/")
    place = f"{quote(scope, safe='')}/{own}" if scope else own
    purl = f"pkg:npm/{place}@{version}"
    spelled = license_.strip("()")
    single = not any(word in spelled for word in (" AND ", " OR "))
    licenses = [{"license": {"id": spelled}}] if single else [{"expression": spelled}]
    return {
        "type": "library",
        "bom-ref": purl,
        **({"group": scope} if scope else {}),
        "name": own,
        "version": version,
        "licenses": licenses,
        "purl": purl,
        "properties": [{"name": "mlabs:bundled", "value": "true"}],
    }


def whole(python: dict[str, Any], wheel: Path) -> dict[str, Any]:
    """The list of Python's packages, with the bundled ones; MLabs itself is what all of it is of."""
    parts = python["components"]
    [own] = [one for one in parts if one["name"] == "mlabs"]
    npm = bundled(wheel)
    dependencies = {one["ref"]: one for one in python["dependencies"]}
    dependencies.update({one["bom-ref"]: {"ref": one["bom-ref"]} for one in npm})
    mine = dependencies[own["bom-ref"]]
    mine["dependsOn"] = sorted({*mine.get("dependsOn", ()), *(one["bom-ref"] for one in npm)})
    # Where it lay while the list was made is nobody's business, and another place each time.
    own.pop("externalReferences", None)
    return python | {
        "metadata": {**python["metadata"], "component": own | {"type": "application"}},
        "components": [one for one in parts if one is not own] + npm,
        "dependencies": [dependencies[reference] for reference in sorted(dependencies)],
    }


def main(wheel: str, python: str, out: str) -> None:
    """Write the list."""
    said = whole(json.loads(Path(python).read_text()), Path(wheel))
    Path(out).write_text(json.dumps(said, indent=2, sort_keys=True) + "\n")
    print(f"{out}: {len(said['components'])} components")


if __name__ == "__main__":
    main(*sys.argv[1:])
