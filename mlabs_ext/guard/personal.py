"""What tells of the person and their machine: addresses, paths, names, hosts of private nets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlabs_ext.guard.findings import Known
from mlabs_ext.guard.matches import MOST, Match, Places, stem, too_much
from mlabs_ext.guard.texts import Text
from mlabs_ext.guard.tokens import exactly

TLDS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|dev|app|me|co|pro|online|tech|cloud|science|page|email|xyz|site|"
    "group|global|swiss|berlin|eu|us|uk|de|fr|it|es|pt|nl|be|ch|at|dk|se|no|fi|is|ie|pl|cz|sk|hu|ro|bg|gr|tr|ru|ua|"
    "by|lt|lv|ee|si|hr|rs|il|ir|in|pk|bd|lk|cn|hk|tw|jp|kr|sg|my|th|vn|ph|id|au|nz|ca|mx|br|ar|cl|pe|uy|za|ng|ke|eg|ma"
)
LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"
DOMAIN = re.compile(
    rf"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}})\.){{1,4}}(?:{TLDS})(?![A-Za-z0-9_(\[-]|\.[A-Za-z])"
)
NOBODY = re.compile(
    r"@(?:[\w.-]*\.)?(?:example|test|invalid|localhost)\b|@(?:\w*domain|email|company|mail|foo|bar|acme|xyz|abc|host|"
    r"server|site|somewhere|test\w*)\.\w+$|no-?reply|^git@|^(?:you|your|name|user|username|someone|somebody|foo|test|"
    r"email|me|first\.last|john\.?doe|jane\.?doe|example)[\w.]*@|@users\.|\.iam\.gserviceaccount|@v\d|@\d",
    re.IGNORECASE,
)
REST = re.compile(r"(?:(?:\\{1,2}|/)[^\s\"'`<>|:*?,;(){}\\/\[\]]{1,100}){0,12}")
UNIX = re.compile(r"/(?:home|Users)/(?P<name>[A-Za-z0-9][\w.-]{0,31})")
WINDOWS = re.compile(
    r":(?:\\{1,2}|/)Users(?:\\{1,2}|/)(?P<name>[A-Za-z0-9][\w. -]{0,31}?)(?=[\\/\s\"'<>|,;:)\]]|$)"
)
# Accounts of images, services and manuals, which are nobody's.
ANYBODY = frozenset(
    [
        "jovyan",
        "user",
        "users",
        "username",
        "name",
        "your_name",
        "yourname",
        "your-name",
        "you",
        "me",
        "ubuntu",
        "runner",
        "runneradmin",
        "root",
        "admin",
        "administrator",
        "vscode",
        "codespace",
        "gitpod",
        "kaggle",
        "colab",
        "sagemaker-user",
        "ec2-user",
        "centos",
        "debian",
        "vagrant",
        "circleci",
        "travis",
        "build",
        "builder",
        "public",
        "default",
        "shared",
        "someone",
        "somebody",
        "foo",
        "bar",
        "xxx",
        "test",
        "guest",
        "student",
        "app",
        "appuser",
        "coder",
        "docker",
        "conda",
        "nobody",
        "opc",
        "azureuser",
        "databricks",
        "linuxbrew",
        "main",
        "studio-lab-user",
    ]
)
AFTER_HOST = r"(?![\w.-]?\d|\.\w|-\w)"
HOSTS = tuple(
    re.compile(start + AFTER_HOST)
    for start in (
        r"10\.\d{1,3}\.\d{1,3}\.\d{1,3}",
        r"192\.168\.\d{1,3}\.\d{1,3}",
        r"172\.\d{1,3}\.\d{1,3}\.\d{1,3}",
    )
)
# `nvidia-curand-cu12  10.3.2.106` is the version of a package.
PACKAGE = re.compile(
    r"[A-Za-z]\w*(?:-[\w.-]*[ \t|]{1,40}|[\w.]*[ \t|]{2,40})[<>=~!]{0,2} ?$|versions?[: =]*[\"']?$",
    re.IGNORECASE,
)
NAME_LEAST = 4


def emails(text: Text, known: Known) -> Iterator[Match]:
    """E-mail addresses, less those of nobody."""
    content = text.text
    for place in (places := Places(content, "@")):
        local = stem(content, place, 65, LOCAL).lstrip("%.-")
        found = DOMAIN.match(content, place) if 0 < len(local) < 65 else None
        if found and not NOBODY.search(f"{local}{found[0]}") and not _is_part(content, place - len(local)):
            yield Match("email", text, place - len(local), found.end())
    if places.cut:
        yield too_much(text)


def _is_part(content: str, start: int) -> bool:
    """Whether what stands before makes a word part of something else, such as an address of the web."""
    return start > 0 and (content[start - 1].isalnum() or content[start - 1] in "/=")


def paths(text: Text, known: Known) -> Iterator[Match]:
    """Paths in somebody's home directory; `name` is the home."""
    for home in (home.rstrip("/") for home in known.homes):
        for found in exactly(home, "path", text) if len(home) > 1 else ():
            if found.kind != "path" or not text.text[found.end : found.end + 1].isalnum():
                yield _extended(found, home)
    for sign, pattern, back in (
        ("/home/", UNIX, 0),
        ("/Users/", UNIX, 0),
        (":/Users", WINDOWS, 1),
        (":\\Users", WINDOWS, 1),
        (":\\\\Users", WINDOWS, 1),
    ):
        for place in (places := Places(text.text, sign)):
            place_found = pattern.match(text.text, place)
            if place_found and _is_home(text.text, place - back, place_found["name"]):
                home = text.text[place - back : place_found.end()]
                yield _extended(Match("path", text, place - back, place_found.end()), home)
        if places.cut:
            yield too_much(text)


def _extended(found: Match, home: str) -> Match:
    """The whole path, from its home on."""
    rest = REST.match(found.text.text, found.end)
    return Match(found.kind, found.text, found.start, rest.end() if rest else found.end, home)


def _is_home(content: str, start: int, name: str) -> bool:
    """Whether a path begins here, in the home of a person."""
    if start and (content[start - 1].isalnum() or content[start - 1] in "_.~$%}-"):
        return content[max(0, start - 6) : start].startswith("/mnt/") and not is_anybodys(name)
    return not is_anybodys(name)


def is_anybodys(name: str) -> bool:
    """Whether an account is one of images, services and manuals."""
    small = name.lower().rstrip(".")
    return small in ANYBODY or "your" in small


def names(text: Text, known: Known) -> Iterator[Match]:
    """The person's own names, as words of their own."""
    for name in known.names:
        if len(name) < NAME_LEAST or is_anybodys(name):
            continue
        for found in exactly(name, "name", text):
            if found.kind != "name" or _is_word(text.text, found.start, found.end):
                yield found


def _is_word(content: str, start: int, end: int) -> bool:
    before, after = content[max(0, start - 1) : start], content[end : end + 1]
    return not (
        before.isalnum() or before in ("_", "@", "/", "-") or after.isalnum() or after in ("_", "/", "-")
    )


def hosts(text: Text, known: Known) -> Iterator[Match]:
    """Machines of private nets."""
    for pattern in HOSTS:
        for n, found in enumerate(pattern.finditer(text.text)):
            if n == MOST:
                yield too_much(text)
                break
            if _is_host(found):
                yield Match("host", text, *found.span())


def _is_host(found: re.Match[str]) -> bool:
    parts = [int(part) for part in found[0].split(".")]
    if max(parts) > 255 or (parts[0] == 172 and not 16 <= parts[1] < 32):
        return False
    before = found.string[max(0, found.start() - 60) : found.start()].rpartition("\n")[2]
    if before.endswith("://") or (before.endswith("@") and "://" in before):
        return True
    if before and (before[-1].isalnum() or before[-1] in "_.=@:+/\\-"):
        return False
    return parts[0] != 10 or not PACKAGE.search(before)
