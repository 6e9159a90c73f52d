"""Each check of the doctor fails for its problem only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ml.files import ROOT
from ml.firebase import doctor, publish
from ml.firebase.config import header_rules
from ml.firebase.fake.server import FakeServer, Preconditions, serving
from ml.firebase.storage import Storage
from ml.firebase.target import Target
from ml.release.pointer import POINTER
from ml.release.signing import LocalSigner
from ml.release.signing_policy import Signing
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
        signing: Signing = publish.UNSIGNED,
        keys: list[str] | None = None,
    ) -> list[doctor.Finding]:
        for name, text in (("storage.rules", rules), ("cors.json", cors)):
            (tmp_path / name).write_text(text)
        files = {"rules_file": tmp_path / "storage.rules", "cors_file": tmp_path / "cors.json"}
        with serving(tmp_path / "storage", **files) as server:
            target = Target("demo-digits", BUCKET, server.url)
            publish.publish(Storage(target), read_release(make_release(tmp_path / "release")), signing)
            site_config = {"storage": target.base_url, **({} if keys is None else {"keys": keys})}
            (out / "config.json").write_text(configuration or json.dumps(site_config))
            damage(server)
            return doctor.examine(target, site)

    return deploy_and_examine


def failed(findings: list[doctor.Finding]) -> set[str]:
    return {finding.what.split(" http")[0] for finding in findings if not finding.ok}


def test_intact_deployment_passes_all_checks(examine: Examine) -> None:
    findings = examine()
    assert failed(findings) == set()
    assert len(findings) == 13
    assert said(findings, "signature") == "not signed, and the site pins no key"


KEY, OTHER = (LocalSigner(ec.derive_private_key(number, ec.SECP256R1())) for number in (1, 2))


def said(findings: list[doctor.Finding], what: str) -> str:
    return next(finding.seen for finding in findings if finding.what == what)


@pytest.mark.parametrize(
    ("signer", "pinned", "ok", "words"),
    [
        (KEY, [KEY], True, f"signed by {KEY.public_key.id}, version "),
        (KEY, [OTHER, KEY], True, f"signed by {KEY.public_key.id}, version "),
        (KEY, [], False, f"{KEY.public_key.id} signed the release, and the site pins no key"),
        (KEY, [OTHER], False, f"is not signed by a key that the site pins ({OTHER.public_key.id})"),
        (None, [OTHER], False, "is not signed by a key that the site pins"),
    ],
)
def test_signature_is_checked_with_the_keys_of_the_site(
    examine: Examine, signer: LocalSigner | None, pinned: list[LocalSigner], ok: bool, words: str
) -> None:
    findings = examine(signing=Signing(signer), keys=[key.public_key.text for key in pinned])
    assert failed(findings) == (set() if ok else {"signature"})
    assert words in said(findings, "signature")


def test_invalid_key_of_the_site_is_found(examine: Examine) -> None:
    findings = examine(keys=["x"])
    assert failed(findings) == {"site reads this Storage"}
    assert "is not a P-256 public key" in said(findings, "site reads this Storage")


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
    assert "nox -s emulators" in next(finding.hint for finding in findings if finding.what.startswith("site at"))


def test_unreachable_storage_is_reported_once() -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    findings = doctor.examine(Target("real", "real.firebasestorage.app", closed), closed)
    assert [finding.seen for finding in findings[1:]] == ["no response", "no response"]
    assert not any("Deploy" in finding.hint for finding in findings)


def test_last_matching_header_rule_wins() -> None:
    rules = header_rules(local=False)
    assert doctor.expected_headers(rules, "/about")["Cache-Control"] == "no-cache"
    assert "immutable" in doctor.expected_headers(rules, "/_next/static/a.js")["Cache-Control"]
