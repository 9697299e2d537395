"""How others cite a version of a lab: for BibTeX, and in the Citation File Format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType

from mlabs_ext import wire
from mlabs_ext.service import licenses

TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&",
    "_": r"\_", "^": r"\^{}", "~": r"\~{}",
}  # fmt: skip
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


NOBODY: Mapping[str, str] = MappingProxyType({})


def authors(lab: wire.Lab, version: wire.Version) -> list[str]:
    """The lab's owner, and who published the version where that is somebody else."""
    return list(dict.fromkeys((lab.owner, version.author)))


def bibtex(lab: wire.Lab, version: wire.Version, url: str, names: Mapping[str, str] = NOBODY) -> str:
    """An entry of BibTeX; `url` is the version's, `names` what users call themselves."""
    day = version.created.astimezone(UTC)
    key = re.sub(r"[^A-Za-z0-9-]", "", f"{lab.owner}-{lab.name}-v{version.number}")
    written = " and ".join(f"{{{_tex(names.get(user) or user)}}}" for user in authors(lab, version))
    fields = {
        "author": f"{{{written}}}",
        "title": f"{{{{{_tex(lab.title)}}}}}",
        "year": f"{{{day.year}}}",
        "month": MONTHS[day.month - 1],
        "version": f"{{{version.number}}}",
        "url": f"{{{url}}}",
        "note": f"{{Notebook on MLabs, version {version.number}}}",
    }
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields.items())
    return f"@misc{{{key},\n{lines}\n}}\n"


def cff(lab: wire.Lab, version: wire.Version, url: str, names: Mapping[str, str] = NOBODY) -> str:
    """A `CITATION.cff`, with the same `names`; its values are written as JSON, which YAML reads."""
    fields = {
        "cff-version": "1.2.0",
        "message": "If you use this notebook, please cite it as below.",
        "type": "software",
        "title": _line(lab.title),
        "abstract": _line(lab.description),
        "authors": [_author(user, names.get(user)) for user in authors(lab, version)],
        "version": str(version.number),
        "date-released": version.created.astimezone(UTC).date().isoformat(),
        "url": url,
        "license": lab.license if lab.license and licenses.is_listed(lab.license) else None,
        "keywords": lab.tags,
    }
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items() if value)
    return "\n".join(lines) + "\n"


def _author(user: str, name: str | None) -> dict[str, str]:
    """An entity where a name is given: which part of it is the family's nobody said."""
    return {"name": _line(name), "alias": _line(user)} if name else {"alias": _line(user)}


def _line(text: str) -> str:
    """Text without what neither of the formats can hold."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _tex(text: str) -> str:
    return "".join(TEX.get(char, char) for char in _line(text))
