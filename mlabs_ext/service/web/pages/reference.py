"""The API reference for people, made from the same description that programs get."""

from __future__ import annotations

from typing import Any, NamedTuple

from mlabs_ext.service.web.api import CALLS
from mlabs_ext.service.web.openapi import ERRORS, VERBS, describe
from mlabs_ext.service.web.pages.base import Page


class Entry(NamedTuple):
    """One verb of one path."""

    verb: str
    path: str
    anchor: str
    description: dict[str, Any]


class ReferencePage(Page):
    """`BASE/docs/api`."""

    async def get(self) -> None:
        """Show every operation and every shape."""
        document = await self.run(describe, CALLS, f"{self.site()}api/v1", self.app.version)
        self.page(
            "reference.html",
            groups=groups(document),
            shapes_by_name=document["components"]["schemas"],
            statuses=ERRORS,
            kind=kind,
            body_of=body_of,
        )


def groups(document: dict[str, Any]) -> dict[str, list[Entry]]:
    """Operations by the noun that their path begins with."""
    found: dict[str, list[Entry]] = {}
    for path, verbs in document["paths"].items():
        noun = path.strip("/").partition("/")[0] or "api"
        for verb in VERBS:
            if verb in verbs:
                anchor = f"{verb}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}"
                found.setdefault(noun, []).append(Entry(verb, path, anchor, verbs[verb]))
    return found


def body_of(content: dict[str, Any]) -> str:
    """What a request or answer carries, in words: its shape where it is JSON, else its media type."""
    nothing: tuple[str, dict[str, Any]] = "nothing", {}
    media, description = next(iter(content.items()), nothing)
    return kind(description.get("schema", {})) if media == "application/json" else media


def kind(schema: dict[str, Any]) -> str:
    """A schema in words: `Lab`, `list of Run`, `"public" or "private"`."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(kind(item) for item in schema[several])
    if "enum" in schema:
        return " or ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in schema["enum"])
    if "prefixItems" in schema:
        return f"[{', '.join(kind(item) for item in schema['prefixItems'])}]"
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and "items" in schema.get("properties", {}):
        return f"page of {kind(schema['properties']['items'].get('items', {}))}"
    return schema.get("format") or schema.get("type") or "anything"
