"""Each check of the doctor fails for its problem only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ml.files import ROOT
from ml.firebase import doctor, publish
from ml.firebase.config import header_rules
from ml.firebase.fake.server import FakeServer, Preconditions, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from ml.release.pointer import POINTER
from ml.release.verify import read_release
from tests.releases import free_port, make_release

BUCKET = "demo-digits.firebasestorage.app"
Examine = Callable[..., list[doctor.Finding]]


@pytest.fixture
def examine(tmp_path: Path, hosting: tuple[str, Path]) -> Examine:
    """Return a function that deploys a release, damages the deployment and examines it."""
    site, out = hosting

    def deploy_and_examine(
        damage: Callable[[FakeServer], object] = lambda _: None,
        *,
        rules: str = (ROOT / "storage.rules").read_text(),
        cors: str = (ROOT / "storage-cors.json").read_text(),
        configuration: str | None = None,
    ) -> list[doctor.Finding]:
        for name, text in (("storage.rules", rules), ("cors.json", cors)):
            (tmp_path / name).write_text(text)
        files = {"rules_file": tmp_path / "storage.rules", "cors_file": tmp_path / "cors.json"}
        with serving(tmp_path / "storage", **files) as server:
            target = Target("demo-digits", BUCKET, server.url)
            publish.publish(Storage(target), read_release(make_release(tmp_path / "release")))
            (out / "config.json").write_text(configuration or json.dumps({"storage": target.base_url}))
            damage(server)
            return doctor.examine(target, site)

    return deploy_and_examine


def failed(findings: list[doctor.Finding]) -> set[str]:
    return {finding.what.split(" http")[0] for finding in findings if not finding.ok}


def test_intact_deployment_passes_all_checks(examine: Examine) -> None:
    findings = examine()
    assert failed(findings) == set()
    assert len(findings) == 12


RULES = (ROOT / "storage.rules").read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rules": RULES.replace("allow get", "allow list, get")}, {"rules: clients cannot list"}),
        ({"rules": RULES.replace("allow get", "allow get, write")}, {"rules: clients cannot write"}),
        ({"rules": RULES.replace("/models/{path=**}", "/{path=**}")}, {"rules: nothing else can be read"}),
        ({"rules": RULES.replace("true", "false")}, {"rules: the release can be read"}),
        ({"cors": "[]"}, {"CORS for"}),
        ({"configuration": '{"storage": null}'}, {"site reads this Storage"}),
        ({"configuration": "<html>"}, {"site reads this Storage"}),
    ],
)
def test_failed_check_has_a_hint(examine: Examine, options: dict[str, str], expected: set[str]) -> None:
    findings = examine(**options)
    # The headers of an unreadable pointer are wrong as well.
    assert failed(findings) - {"pointer: never cached"} == expected
    assert all(finding.hint for finding in findings if not finding.ok)


def test_damaged_release_is_found(examine: Examine) -> None:
    def damage(server: FakeServer) -> None:
        server.objects.delete(BUCKET, server.objects.all(BUCKET)[0].metadata["name"], Preconditions())

    assert failed(examine(damage)) == {"current release"}


def test_cacheable_pointer_is_found(examine: Examine) -> None:
    def damage(server: FakeServer) -> None:
        server.objects.patch(BUCKET, POINTER, {"cacheControl": "public, max-age=3600"})

    assert failed(examine(damage)) == {"pointer: never cached"}


def test_missing_headers_are_found(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [*header_rules(local=True), {"source": "**", "headers": [{"key": "X-New", "value": "1"}]}]
    monkeypatch.setattr(doctor, "header_rules", lambda local: rules)
    assert failed(examine()) == {"headers of pages", "headers of hashed files"}


def test_missing_site_and_release_are_found(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        findings = doctor.examine(Target("demo-digits", BUCKET, server.url), f"http://127.0.0.1:{free_port()}")
    assert failed(findings) == {"current release", "site at"}


def test_last_matching_header_rule_wins() -> None:
    rules = header_rules(local=False)
    assert doctor.expected_headers(rules, "/about")["Cache-Control"] == "no-cache"
    assert "immutable" in doctor.expected_headers(rules, "/_next/static/a.js")["Cache-Control"]
