"""Checks of the settings file: it can be read, and means what it says."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from traitlets import TraitError, TraitType
from traitlets.config import Configurable
from traitlets.config.loader import LazyConfigValue

from mlabs_ext.doctor.found import Found, NotHere, fault, warning
from mlabs_ext.doctor.here import Here
from mlabs_ext.errors import MLabsError

# Packages whose settings the file may hold; those of the user's server are read elsewhere.
OURS = ("mlabs_ext.service", "mlabs_ext.up", "mlabs_spawner")
USERS_SERVER = "mlabs_ext.lab"
PROGRAMS = ("__main__", ".migrations", ".local_config", "_worker")
ALSO = ("mlabs_ext.catalogue",)


def loads(here: Here) -> Iterator[Found]:
    """It can be read."""
    need_file(here)
    try:
        here.load()
    except MLabsError as error:
        yield fault(error.message)


def names(here: Here) -> Iterator[Found]:
    """It sets what there is, to what it can be."""
    need_file(here)
    known = classes(here)
    for owner, section in here.config.items():
        if owner in known:
            for name, value in section.items():
                yield from setting(known[owner], name, value)
        elif owner in users_server():
            yield warning(
                f"c.{owner} is for users' servers: they read it from jupyter_server_config.py, not from here."
            )
        else:
            yield warning(f"c.{owner} is no class that is known here.{meant(owner, known)}")


def setting(owner: type[Configurable], name: str, value: Any) -> Iterator[Found]:
    """One line of it."""
    traits = owner.class_traits(config=True)
    if name not in traits:
        yield fault(f"c.{owner.__name__}.{name} is no setting.{meant(name, traits)}")
    elif not isinstance(value, LazyConfigValue) and (reason := unfit(traits[name], value)):
        yield fault(f"c.{owner.__name__}.{name}: {reason}")


def unfit(trait: TraitType[Any, Any], value: Any) -> str:
    """Why a value cannot be a setting's; empty where it may be."""
    if value is None and trait.allow_none:
        return ""
    try:
        getattr(trait, "validate", lambda obj, given: given)(None, value)
    except TraitError as error:
        return str(error)
    except AttributeError:
        # Some ask the object that is to have it, and there is none.
        return ""
    return ""


def classes(here: Here) -> dict[str, type[Configurable]]:
    """Whose settings it may hold, by name: MLabs', JupyterHub's, and those of what the settings name."""
    found = dict(collect(OURS, ALSO))
    from jupyterhub.app import JupyterHub

    also: list[Any] = [JupyterHub, *JupyterHub().classes]
    also += [named(here, kind) for kind in ("authenticator", "spawner", "proxy")]
    for one in also:
        for base in getattr(one, "__mro__", ()):
            if issubclass(base, Configurable):
                found[base.__name__] = base
    return found


def named(here: Here, kind: str) -> Any:
    """The class that the settings name as the hub's authenticator, spawner or proxy; None without one."""
    value = here.setting("JupyterHub", f"{kind}_class")
    if not isinstance(value, str):
        return value
    for entry in entry_points(group=f"jupyterhub.{'proxies' if kind == 'proxy' else f'{kind}s'}"):
        if entry.name == value.lower():
            return entry.load()
    module, _, name = value.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None) if module else None
    except ImportError:
        return None


@cache
def collect(packages: tuple[str, ...], also: tuple[str, ...] = ()) -> dict[str, type[Configurable]]:
    """The classes with settings of some packages of ours."""
    found: dict[str, type[Configurable]] = {}
    for name in [*also, *(name for package in packages for name in modules(package))]:
        try:
            module = importlib.import_module(name)
        except (ImportError, MLabsError):
            continue  # what only some installations need
        found |= {
            owner.__name__: owner
            for owner in vars(module).values()
            if isinstance(owner, type) and issubclass(owner, Configurable) and owner.class_traits(config=True)
        }
    return found


def users_server() -> dict[str, type[Configurable]]:
    """The classes of the extension in users' servers."""
    return collect((USERS_SERVER,))


def modules(package: str) -> Iterator[str]:
    """The modules of a package that can be imported without running anything."""
    spec = importlib.util.find_spec(package)
    places = list(spec.submodule_search_locations or ()) if spec else []
    for one in pkgutil.iter_modules(places, f"{package}."):
        if not one.name.endswith(PROGRAMS):
            yield one.name
            if one.ispkg:
                yield from modules(one.name)


def meant(name: str, known: Any) -> str:
    """What may have been meant."""
    near = difflib.get_close_matches(name, list(known), 1, 0.7)
    return f" Did you mean {near[0]}?" if near else ""


def need_file(here: Here) -> None:
    """Go on only with a settings file."""
    if not here.settings:
        raise NotHere("there is no settings file")
    if not Path(here.settings).is_file():
        raise FileNotFoundError(f"MLABS_CONFIG names {here.settings}, which is not there")
