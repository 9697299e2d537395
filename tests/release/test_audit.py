"""What the audit makes of the words of pip-audit and npm: no answer is never taken for a good one."""

from __future__ import annotations

import json

import pytest

JINJA = {"name": "jinja2", "version": "2.10"}
SKIPPED = {
    "name": "jinja2",
    "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (2.10)",
}
MLABS = {
    "name": "mlabs",
    "skip_reason": "Dependency not found on PyPI and could not be audited: mlabs (1.0.0)",
}
KNOWN = {
    "id": "PYSEC-2019-217",
    "fix_versions": ["2.10.1"],
    "aliases": ["CVE-2019-10906"],
    "description": "In Pallets Jinja before 2.10.1, str.format_map allows a sandbox escape.",
}
REFUSED = {
    "message": "405 Method Not Allowed - POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk",
    "method": "POST",
    "statusCode": 405,
}
ADVISORY = {
    "source": 1106913,
    "name": "lodash",
    "title": "Command Injection in lodash",
    "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
    "severity": "high",
    "range": "<4.17.21",
}


@pytest.fixture
def audit(script):
    return script("release/audit")


def of_pip(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


def of_npm(**packages: dict) -> str:
    return json.dumps({"auditReportVersion": 2, "vulnerabilities": packages})


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (of_pip(JINJA | {"vulns": []}, MLABS), []),
        (of_pip(JINJA | {"vulns": [KNOWN]}, MLABS), ["jinja2 2.10: PYSEC-2019-217, mended in 2.10.1"]),
        (
            of_pip(JINJA | {"vulns": [KNOWN | {"fix_versions": []}]}),
            ["jinja2 2.10: PYSEC-2019-217, mended in no version"],
        ),
    ],
    ids=["nothing", "something", "something without a mend"],
)
def test_what_pip_audit_knows(audit, said, lines):
    assert list(audit.told_by_pip_audit(said, "")) == lines


@pytest.mark.parametrize(
    ("said", "complaint", "why"),
    [
        (of_pip(SKIPPED, MLABS), "No known vulnerabilities found", "no answer about 1 of 2 packages"),
        (of_pip(JINJA | {"vulns": [KNOWN]}, SKIPPED), "", "no answer about 1 of 2 packages"),
        ("", "ERROR:pip_audit._cli:Could not connect to PyPI's vulnerability feed\n", "Could not connect"),
        ("", "", "it said nothing"),
    ],
    ids=["none was found", "one was not found", "no network", "silence"],
)
def test_what_pip_audit_could_not_ask(audit, said, complaint, why):
    with pytest.raises(audit.Unasked, match=why):
        list(audit.told_by_pip_audit(said, complaint))


def test_what_npm_knows(audit):
    other = {"name": "async", "via": ["lodash"], "range": "2.0.0 - 2.6.3"}
    said = of_npm(**{"lodash": {"name": "lodash", "via": [ADVISORY], "range": "<4.17.21"}, "async": other})
    line = "lodash <4.17.21: https://github.com/advisories/GHSA-35jh-r3h4-6jhm (high)"
    assert list(audit.told_by_npm(said, "")) == [line]
    assert list(audit.told_by_npm(of_npm(), "")) == []


@pytest.mark.parametrize(
    ("said", "complaint", "why"),
    [
        (json.dumps(REFUSED), "", "405 Method Not Allowed"),
        (json.dumps({"error": {}}), "npm error audit endpoint returned an error\n", "returned an error"),
        ("", "npm error network\n", "npm error network"),
    ],
    ids=["a registry without advisories", "an error", "no network"],
)
def test_what_npm_could_not_ask(audit, said, complaint, why):
    with pytest.raises(audit.Unasked, match=why):
        list(audit.told_by_npm(said, complaint))


def test_what_is_accepted_has_a_reason_and_is_not_told_again(audit, monkeypatch):
    assert all(len(reason) > 20 for reason in audit.ACCEPTED.values())
    monkeypatch.setattr(audit, "ACCEPTED", {"CVE-2019-10906": "x", "GHSA-35jh-r3h4-6jhm": "x"})
    assert list(audit.told_by_pip_audit(of_pip(JINJA | {"vulns": [KNOWN]}), "")) == []
    assert list(audit.told_by_npm(of_npm(lodash={"via": [ADVISORY], "range": "<4.17.21"}), "")) == []


def status(audit, monkeypatch, of_python, of_npm) -> int:
    monkeypatch.setattr(audit, "of_python", of_python)
    monkeypatch.setattr(audit, "of_npm", lambda lock: of_npm)
    return audit.main()


def test_the_exit_status_tells_an_answer_from_none(audit, monkeypatch, capsys):
    def nothing() -> list[str]:
        return []

    def something() -> list[str]:
        return ["jinja2 2.10: PYSEC-2019-217"]

    def unasked() -> list[str]:
        raise audit.Unasked("no network")

    assert {lock.name for lock in audit.LOCKS} == {"web", "labextension", "proxy", "browser", "node"}
    assert status(audit, monkeypatch, nothing, nothing) == 0
    assert status(audit, monkeypatch, something, nothing) == 1
    assert status(audit, monkeypatch, nothing, something) == 1
    assert status(audit, monkeypatch, unasked, nothing) == 2
    assert status(audit, monkeypatch, something, unasked) == 2
    assert "ui/web: no network" in capsys.readouterr().out
