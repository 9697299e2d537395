"""What a lab's page says around the notebook: ways into it, how to cite it, and what search engines read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mlabs_ext.service import citing, licenses
from mlabs_ext.service.rendering.model import About
from mlabs_ext.service.web.formats import iso, lab_path, segment
from mlabs_ext.wire import Lab, Version

# Levels of headings below the highest one that an outline shows.
DEEPEST = 2


class Place(NamedTuple):
    """A heading in the outline; `depth` counts from 0."""

    text: str
    href: str
    depth: int


def outline(about: About, document: str) -> list[Place]:
    """The way to each heading of the document at that address; none where there is only one."""
    if len(about.outline) < 2:
        return []
    highest = min(heading.level for heading in about.outline)
    return [
        Place(heading.text, f"{document}#{segment(heading.name)}", heading.level - highest)
        for heading in about.outline
        if heading.level - highest <= DEEPEST
    ]


def cited(lab: Lab, version: Version, base: str, names: Mapping[str, str]) -> dict[str, str]:
    """The version as others cite it, by name of the file; `base` is absolute; `names` of authors."""
    of = lab, version, f"{base}{lab_path(lab)}/v/{version.number}", names
    return {"cite.bib": citing.bibtex(*of), "CITATION.cff": citing.cff(*of)}


def linked_data(
    lab: Lab, version: Version, base: str, runtime: str, names: Mapping[str, str]
) -> dict[str, Any]:
    """The version in the words of schema.org."""
    url, page = f"{base}{lab_path(lab)}", f"{base}@{segment(lab.owner)}"
    notebook = f"{base}api/v1/labs/{segment(lab.owner)}/{lab.name}/versions/{version.number}/notebook"
    parent = lab.forked_from.lab if lab.forked_from else None
    said = {
        "@context": "https://schema.org",
        "@type": "SoftwareSourceCode",
        "name": lab.title,
        "description": lab.description,
        "url": url,
        "author": {"@type": "Person", "name": names.get(lab.owner) or lab.owner, "url": page},
        "dateCreated": iso(lab.created),
        "dateModified": iso(version.created),
        "version": str(version.number),
        "keywords": lab.tags,
        "license": lab.license and (licenses.address(lab.license) or lab.license),
        "runtimePlatform": runtime,
        "isBasedOn": parent and f"{base}{lab_path(parent)}",
        "encoding": {
            "@type": "MediaObject",
            "contentUrl": notebook,
            "encodingFormat": "application/x-ipynb+json",
        },
    }
    return {name: value for name, value in said.items() if value}
