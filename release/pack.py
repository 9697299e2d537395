"""Makes a release in `dist/`, twice, and compares: `python release/pack.py [--sign KEY]` in a checkout.

A source distribution, the wheel that is built from it, what that is made of (CycloneDX), and the checksums of
all, with a signature of GnuPG's where there is a key.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMS = "SHA256SUMS"


def main(arguments: list[str]) -> int:
    """The exit status: 1 where two builds differ."""
    parser = argparse.ArgumentParser(description="Make a release.")
    parser.add_argument("--sign", metavar="KEY", help="sign the checksums with this key of GnuPG's")
    options = parser.parse_args(arguments)
    os.environ.setdefault("SOURCE_DATE_EPOCH", git("log", "-1", "--format=%ct"))
    commit = git("rev-parse", "HEAD")
    with tempfile.TemporaryDirectory(prefix="mlabs-release-") as folder:
        first, second = (built(commit, Path(folder, name)) for name in ("first", "second"))
        if differing := unequal(first, second):
            print(f"Two builds differ: {', '.join(differing)}")
            return 1
        listed(first, Path(folder, "environment"))
        (first / SUMS).write_text(sums(first))
        if options.sign:
            sign(first / SUMS, options.sign)
        out = ROOT / "dist"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(first, out)
    print((out / SUMS).read_text(), end="")
    return 0


def sign(file: Path, key: str) -> None:
    """Write the signature beside the file."""
    command = ["gpg", "--batch", "--yes", "--local-user", key, "--armor", "--detach-sign", file]
    subprocess.run(command, check=True)


def git(*arguments: str) -> str:
    """What git says of the checkout."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def built(commit: str, folder: Path) -> Path:
    """The distributions, of what is committed and of nothing that lies around."""
    clean = folder.with_name(f"{folder.name}-source")
    git("worktree", "add", "--detach", "--quiet", str(clean), commit)
    try:
        command = [sys.executable, "-m", "build", "--outdir", folder, clean]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    finally:
        git("worktree", "remove", "--force", str(clean))
    return folder


def unequal(first: Path, second: Path) -> list[str]:
    """The names of files that are not the same in both."""
    names = {file.name for folder in (first, second) for file in folder.iterdir()}
    return sorted(name for name in names if not _same(first / name, second / name))


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def listed(folder: Path, environment: Path) -> None:
    """Write what the wheel and all that `pip install "mlabs[hub]"` brings are made of."""
    [wheel] = folder.glob("*.whl")
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{wheel}[hub]"], check=True)
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "pip", "setuptools"], check=True)
    said = folder.with_name("python.json")
    command = ["environment", python, "--output-reproducible", "--output-file", said]
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *command], check=True)
    out = folder / f"{wheel.name.removesuffix('-py3-none-any.whl')}.cdx.json"
    subprocess.run([sys.executable, ROOT / "release" / "sbom.py", wheel, said, out], check=True)
    check(out)


def check(file: Path) -> None:
    """Raise where the list is none by CycloneDX's own schema."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(file.read_text()):
        raise SystemExit(f"{file.name} is no CycloneDX: {wrong}")


def sums(folder: Path) -> str:
    """The lines that `sha256sum --check` reads."""
    files = sorted(file for file in folder.iterdir() if file.name != SUMS)
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
