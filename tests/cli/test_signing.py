"""Keys of the commands `deploy` and `release …`, against the fake server."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ml.cli import main as cli
from ml.cli import release as release_commands
from ml.cli import serve as serve_command
from ml.cli import signing
from ml.cli.options import UsageError, new_file
from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase import doctor, kms, publish, site, storage, stored
from ml.firebase.config import firebase_json, site_url
from ml.firebase.fake.server import FakeServer, Preconditions
from ml.firebase.target import Target
from ml.release.pointer import POINTER, SignedPointer, parse_pointer
from ml.release.signing import PublicKey, parse_public_key, read_public_key
from ml.release.verify import read_release
from tests.releases import make_release

BUCKET = "demo-digits.firebasestorage.app"
Run = Callable[..., str]


@pytest.fixture
def run(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command and returns its output: standard output, or standard error if it fails."""

    def command(*arguments: str | Path, code: int = 0) -> str:
        capsys.readouterr()
        assert cli.main([str(argument) for argument in arguments]) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return command


@pytest.fixture
def deploy(run: Run, tmp_path: Path) -> Callable[..., str]:
    """Return a function that deploys the release of a seed."""

    def command(seed: int, *options: str | Path, code: int = 0) -> str:
        folder = make_release(tmp_path / f"release-{seed}", seed)
        return run("deploy", "--release", folder, "--site-config", tmp_path / "config.json", *options, code=code)

    return command


@pytest.fixture
def key(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that makes a private key."""

    def make(name: str) -> Path:
        path = tmp_path / f"{name}.pem"
        signing.write_new_key(path)
        return path

    return make


def public(path: Path) -> PublicKey:
    return read_public_key(path, lambda _: "")


def pinned(tmp_path: Path) -> list[PublicKey]:
    return [parse_public_key(text) for text in json.loads((tmp_path / "config.json").read_bytes())["keys"]]


def pointer(server: FakeServer) -> SignedPointer:
    stored = server.objects.get(BUCKET, POINTER)
    assert stored
    parsed = parse_pointer(stored.data)
    assert isinstance(parsed, SignedPointer)
    return parsed


def release_of(tmp_path: Path, seed: int) -> str:
    return read_release(tmp_path / f"release-{seed}").id


# ---- Which key --------------------------------------------------------------------------------


def test_demo_project_makes_and_uses_its_own_key(deploy: Run, server: FakeServer, tmp_path: Path) -> None:
    deploy(1)
    path = tmp_path / "local" / "signing-key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pinned(tmp_path) == [public(path)]
    assert pointer(server).signer(pinned(tmp_path)) == public(path)
    first = pointer(server).version
    deploy(2)
    assert pinned(tmp_path) == [public(path)]
    assert pointer(server).version > first
    assert pointer(server).signer(pinned(tmp_path))


def test_option_wins_over_variable_and_demo_key(
    deploy: Run, server: FakeServer, key: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variable, option = key("variable"), key("option")
    monkeypatch.setenv("DIGITS_SIGNING_KEY", str(variable))
    deploy(1)
    assert pointer(server).signer([public(variable)])
    deploy(2, "--key", option)
    assert pointer(server).signer([public(option)])
    assert not (tmp_path / "local").exists()


def test_keys_of_a_rotation_are_pinned(
    deploy: Run, server: FakeServer, key: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, new, third = key("old"), key("new"), key("third")
    deploy(1, "--key", old, "--trusted-key", new)
    assert pinned(tmp_path) == [public(old), public(new)]
    version = pointer(server).version
    monkeypatch.setenv("DIGITS_TRUSTED_KEYS", os.pathsep.join(map(str, (old, third, new))))
    deploy(1, "--key", new)  # the same release, signed by the new key
    assert pinned(tmp_path) == [public(new), public(old), public(third)]
    assert pointer(server).version > version
    assert pointer(server).signer([public(new)])


def test_too_many_keys_are_rejected(deploy: Run, key: Callable[[str], Path], server: FakeServer) -> None:
    options = [option for number in range(8) for option in ("--trusted-key", key(str(number)))]
    assert "There are 9 keys. A site pins at most 8." in deploy(1, "--key", key("own"), *options, code=1)
    assert server.objects.all(BUCKET) == []


@pytest.fixture
def deploy_to_real(server: FakeServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Return a function that deploys a release to a real project: the fake server, and a site with a config.json."""
    client = storage.Storage(Target("demo-digits", BUCKET, server.url))
    monkeypatch.setattr(storage, "Storage", lambda _: client)
    folder = make_release(tmp_path / "release")

    def command(*options: str | Path, live: tuple[int, bytes], code: int = 0) -> str:
        def download(url: str, _: int) -> tuple[int, bytes]:
            assert url == f"{site_url('real')}/config.json"
            return live

        arguments = ("deploy", "--project", "real", "--no-hosting", "--release", folder)
        with monkeypatch.context() as patch:
            patch.setattr(site, "download", download)
            patch.delenv("STORAGE_EMULATOR_HOST")
            return run(*arguments, "--site-config", tmp_path / "config.json", *options, code=code)

    return command


NO_SITE = (404, b"")


@pytest.mark.parametrize("attack", ["none", "deleted", "unsigned"])
@pytest.mark.parametrize("pinned_by", ["live site", "file"])
def test_unsigned_deployment_cannot_remove_the_keys_of_a_site(
    deploy_to_real: Callable[..., str], server: FakeServer, tmp_path: Path, attack: str, pinned_by: str
) -> None:
    """An attacker who can write to the bucket can delete the signed pointer, or replace it by an unsigned one."""
    signing.write_new_key(tmp_path / "own.pem")
    deploy_to_real("--key", tmp_path / "own.pem", live=NO_SITE)
    config = tmp_path / "config.json"
    live = (200, config.read_bytes())
    if pinned_by == "file":
        live = NO_SITE
    else:
        config.unlink()
    if attack != "none":
        server.objects.delete(BUCKET, POINTER, Preconditions())
    if attack == "unsigned":
        publish.publish(storage.Storage(Target("demo-digits", BUCKET, server.url)), read_release(tmp_path / "release"))
    before = server.objects.all(BUCKET), config.exists() and config.read_bytes()
    printed = deploy_to_real(live=live, code=1)
    assert "pins a key" in printed
    assert "--unsigned" in printed
    assert (server.objects.all(BUCKET), config.exists() and config.read_bytes()) == before
    deploy_to_real("--unsigned", live=live)
    assert json.loads(config.read_bytes())["keys"] == []
    assert stored.require_pointer(storage.Storage(Target("demo-digits", BUCKET, server.url)))[1].schema_version == 1


@pytest.mark.parametrize("live", [(503, b""), (200, b"<html>"), (200, b'{"storage": null, "keys": ["x"]}')])
def test_unsigned_deployment_needs_a_readable_site(
    deploy_to_real: Callable[..., str], server: FakeServer, live: tuple[int, bytes]
) -> None:
    printed = deploy_to_real(live=live, code=1)
    assert "Whether the site pins a key is unknown" in printed
    assert "--unsigned" not in printed
    assert server.objects.all(BUCKET) == []
    deploy_to_real("--unsigned", live=live)


def test_keys_of_another_storage_do_not_matter(deploy_to_real: Callable[..., str], deploy: Run, tmp_path: Path) -> None:
    """The built site may have been used with the demo project before."""
    deploy(1)
    assert pinned(tmp_path)
    deploy_to_real("--unsigned", live=NO_SITE)  # the bucket of the demo project is signed
    deploy(1, "--unsigned")
    config = {"storage": "http://127.0.0.1:9/v0/b/other/o", "keys": [public(tmp_path / "local/signing-key.pem").text]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    deploy_to_real(live=NO_SITE)
    assert pinned(tmp_path) == []


def test_unsigned_excludes_a_key(deploy: Run, key: Callable[[str], Path]) -> None:
    assert "--unsigned cannot be combined" in deploy(1, "--unsigned", "--key", key("own"), code=2)
    assert "--unsigned cannot be combined" in deploy(1, "--unsigned", "--expires-days", "3", code=2)


def test_empty_name_of_a_key_is_wrong_usage(
    deploy: Run, server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unset variable of a script must not lead to the key of the demo project."""
    with pytest.raises(SystemExit, match="2"):
        deploy(1, "--key", "")
    assert "argument --key: it is empty" in capsys.readouterr().err
    assert server.objects.all(BUCKET) == []


def test_private_key_that_others_can_read_is_warned_of(
    deploy: Run, key: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(signing, "print", lambda text, **_: warnings.append(text), raising=False)
    path = key("own")
    deploy(1, "--key", path)
    assert warnings == []
    path.chmod(0o640)
    deploy(1, "--key", path)
    assert warnings == [f"Warning: other users can read or change {path}. Run `chmod 600 {path}`."]


@pytest.mark.parametrize(("damage", "words"), [("cut", "damaged, or no key"), ("public", "a public key")])
def test_unusable_key_leads_to_no_new_one(deploy: Run, run: Run, tmp_path: Path, damage: str, words: str) -> None:
    """A site pins the old one, so a new one does not help."""
    path = tmp_path / "key.pem"
    run("release", "keygen", path)
    path.write_bytes(path.read_bytes()[:60] if damage == "cut" else (tmp_path / "key.pem.pub").read_bytes())
    printed = deploy(1, "--key", path, code=1)
    assert f"it is {words}" in printed
    assert "restore" in printed
    assert "keygen" not in printed


def test_real_project_without_a_key_is_warned(
    deploy_to_real: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Callable[[str], Path]
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(release_commands, "print", lambda text, **_: warnings.append(text), raising=False)
    for live, checked in (
        (NO_SITE, "No live site was checked for pinned keys: https://real.web.app/config.json does not exist."),
        ((200, b'{"storage": null}'), "https://real.web.app/config.json was checked: it pins no key."),
    ):
        deploy_to_real(live=live)
        assert pinned(tmp_path) == []
        assert "Warning: the release is not signed" in warnings[-1]
        assert "`release keygen FILE`" in warnings[-1]
        assert checked in warnings[-1]
    deploy_to_real("--key", key("own"), live=NO_SITE)
    assert pinned(tmp_path) == [public(tmp_path / "own.pem")]
    assert len(warnings) == 2


def test_live_site_is_that_of_firebase_json(
    deploy_to_real: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(firebase_json()["hosting"], "site", "digits")
    pins = json.dumps({"storage": None, "keys": [signing.write_new_key(tmp_path / "key.pem").text]}).encode()
    assert "https://digits.web.app/config.json pins a key" in deploy_to_real(live=(200, pins), code=1)


def test_encrypted_key_takes_its_passphrase_from_the_environment(
    deploy: Run, server: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    signing.write_new_key(path, "secret")
    assert "DIGITS_SIGNING_PASSPHRASE" in deploy(1, "--key", path, code=1)
    monkeypatch.setenv("DIGITS_SIGNING_PASSPHRASE", "wrong")
    assert "passphrase is wrong" in deploy(1, "--key", path, code=1)
    assert server.objects.all(BUCKET) == []
    monkeypatch.setenv("DIGITS_SIGNING_PASSPHRASE", "secret")
    deploy(1, "--key", path)
    assert pointer(server).signer(pinned(tmp_path))


def test_kms_keys_are_named_by_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kms, "KmsSigner", lambda name: pytest.fail(f"asked for {name}"))
    options = argparse.Namespace(key="gcpkms://projects/p", trusted_key=None)
    with pytest.raises(pytest.fail.Exception, match="asked for projects/p"):
        signing.load_signing(options, Target("real", "b", None))


def test_trusted_key_alone_signs_nothing(key: Callable[[str], Path]) -> None:
    options = argparse.Namespace(key=None, trusted_key=[key("other")])
    with pytest.raises(UsageError, match="--trusted-key needs a key that signs"):
        signing.load_signing(options, Target("real", "b", None))


# ---- Signed releases --------------------------------------------------------------------------


def test_expiry_is_written_on_request(deploy: Run, server: FakeServer) -> None:
    deploy(1)
    assert pointer(server).expires is None
    deploy(1, "--expires-days", "90")
    signed = pointer(server)
    assert signed.expires is not None
    assert signed.expires > signed.signed_at


def test_rollback_signs_a_higher_version(deploy: Run, run: Run, server: FakeServer, tmp_path: Path) -> None:
    deploy(1)
    deploy(2)
    version = pointer(server).version
    assert json.loads(run("release", "rollback", "--json"))["release"] == release_of(tmp_path, 1)
    assert pointer(server).version > version
    assert pointer(server).release == release_of(tmp_path, 1)
    assert pointer(server).signer(pinned(tmp_path))


def test_renew_signs_the_current_release_again(deploy: Run, run: Run, server: FakeServer, tmp_path: Path) -> None:
    deploy(1)
    before = pointer(server)
    assert "does not expire" in run("release", "renew")
    assert "expires 2" in run("release", "renew", "--expires-days", "30")
    renewed = pointer(server)
    assert renewed.release == before.release
    assert renewed.version > before.version
    assert renewed.expires
    assert renewed.signer(pinned(tmp_path))
    assert json.loads(run("release", "renew", before.release, "--json"))["version"] > renewed.version


def test_renew_signs_only_the_expected_release(deploy: Run, run: Run, server: FakeServer) -> None:
    deploy(1)
    before = server.objects.get(BUCKET, POINTER)
    assert "The current release is" in run("release", "renew", "0" * 16, code=1)
    assert server.objects.get(BUCKET, POINTER) == before


def test_deploy_reports_keys_that_are_no_longer_pinned(deploy: Run, key: Callable[[str], Path], tmp_path: Path) -> None:
    old, new = key("old"), key("new")
    assert "No longer pinned" not in deploy(1, "--key", old, "--trusted-key", new)
    printed = deploy(1, "--key", new, "--trusted-key", old)
    assert f"{POINTER} written again for the same release, signed by {public(new).id}." in printed
    assert "No longer pinned" not in printed
    assert "Open pages refuse" not in printed
    printed = deploy(1, "--key", new)
    assert f"No longer pinned: {public(old).id}." in printed
    assert "Open pages refuse" not in printed
    for options in (["--dry-run"], []):
        printed = deploy(1, "--key", old, *options)
        assert f"signed by {public(old).id}" in printed
        assert f"No longer pinned: {public(new).id}." in printed
        assert "Open pages refuse this release until they are reloaded" in printed
        assert f"pin{'' if options else 's'} {public(old).id}." in printed
        assert ("Next: nox -s emulators" in printed) == (not options)


@pytest.mark.parametrize("command", ["renew", "rollback"])
def test_signature_that_the_site_refuses_is_not_made(
    deploy: Run, run: Run, key: Callable[[str], Path], tmp_path: Path, command: str
) -> None:
    old, new = key("old"), key("new")
    for seed in (1, 2):
        deploy(seed, "--key", old)
    config = tmp_path / "config.json"
    arguments = ("release", command, "--key", new, "--trusted-key", old, "--site-config", config)
    assert f"The site pins {public(old).id}, and not {public(new).id}" in run(*arguments, code=1)
    assert f"It is signed by {public(old).id}" in run("release", "verify", "--site-config", config)
    deploy(2, "--key", old, "--trusted-key", new)
    run(*arguments)
    assert f"It is signed by {public(new).id}" in run("release", "verify", "--site-config", config)


@pytest.mark.parametrize("project", ["real", "demo-digits"])
def test_site_of_the_project_decides_which_key_signs(
    key: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    """The live site of a real project, and the built site locally."""
    target = Target(project, "b", None if project == "real" else "http://127.0.0.1:9")
    old, new = key("old"), key("new")
    config = tmp_path / "config.json"
    site.write_site_config(config, target.base_url, [public(old)])
    answers = [(200, config.read_bytes()), (200, config.read_bytes()), (503, b""), (404, b"")]
    monkeypatch.setattr(site, "download", lambda *_: answers.pop(0))
    monkeypatch.setattr(signing, "SITE", tmp_path if project == "demo-digits" else tmp_path / "none")

    def load(path: Path) -> PublicKey:
        options = argparse.Namespace(key=str(path), trusted_key=None, expires_days=None, site_config=None)
        signer = signing.load_pinned_signing(options, target).signer
        assert signer
        return signer.public_key

    assert load(old) == public(old)
    with pytest.raises(PublishError, match=f"The site pins {public(old).id}, and not {public(new).id}"):
        load(new)
    config.write_text("damaged")
    with pytest.raises(PublishError, match="Which keys the site pins is unknown"):
        load(new)
    config.unlink()
    assert load(new) == public(new)


def test_signed_site_needs_a_key(key: Callable[[str], Path], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    site.write_site_config(config, None, [public(key("own"))])
    options = argparse.Namespace(key=None, trusted_key=None, expires_days=None, site_config=str(config))
    with pytest.raises(PublishError, match=r"and no key signs. Name one of them with --key"):
        signing.load_pinned_signing(options, Target("real", "b", None))


# ---- verify -----------------------------------------------------------------------------------


def test_verify_says_who_signed(
    deploy: Run, run: Run, key: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.firebase.site.SITE", tmp_path)
    path = key("own")
    deploy(1, "--key", path)
    signer = public(path).id
    assert f"It is signed by {signer}, version " in run("release", "verify")
    answer = json.loads(run("release", "verify", "--json"))["signature"]
    assert (answer["signer"], answer["verified"]) == (signer, True)
    (tmp_path / "config.json").unlink()
    assert f"It says that it is signed by {signer}" in run("release", "verify")
    assert "cannot be read" in run("release", "verify", "--site-config", tmp_path / "config.json", code=1)


def test_verify_rejects_other_signers(deploy: Run, run: Run, key: Callable[[str], Path], tmp_path: Path) -> None:
    deploy(1, "--key", key("attacker"))
    other = public(key("other"))
    config = tmp_path / "other.json"
    config.write_text(json.dumps({"storage": None, "keys": [other.text]}))
    printed = run("release", "verify", "--site-config", config, code=1)
    assert f"is not signed by a key that the site pins ({other.id})" in printed
    config.write_text(json.dumps({"storage": None, "keys": ["x"]}))
    assert "is not a P-256 public key" in run("release", "verify", "--site-config", config, code=1)


def test_pointer_that_was_changed_after_it_was_signed_is_reported(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path
) -> None:
    deploy(1)
    current = server.objects.get(BUCKET, POINTER)
    assert current
    data = json.loads(current.data)
    data["version"] += 1
    server.objects.put(BUCKET, POINTER, json.dumps(data).encode(), {}, Preconditions())
    printed = run("release", "verify", "--site-config", tmp_path / "config.json", code=1)
    assert f"The signature of {pinned(tmp_path)[0].id} does not match {POINTER}: the pointer was changed" in printed


def test_verify_reads_the_config_of_a_site(
    deploy: Run, run: Run, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> None:
    deploy(1)
    url = serve_folder(tmp_path)
    assert "It is signed by" in run("release", "verify", "--site-config", f"{url}config.json")
    assert "cannot be read" in run("release", "verify", "--site-config", f"{url}missing.json", code=1)


def test_verify_reports_an_expired_signature(
    deploy: Run, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy(1, "--expires-days", "1")
    monkeypatch.setattr("ml.release.pointer_check.utc_time", lambda _: "2999-01-01T00:00:00Z")
    printed = run("release", "verify", "--site-config", tmp_path / "config.json", code=1)
    assert "expired at" in printed
    assert "release renew" in printed


def test_verify_says_that_a_release_is_not_signed(run: Run, server: FakeServer, tmp_path: Path) -> None:
    publish.publish(
        storage.Storage(Target("demo-digits", BUCKET, server.url)), read_release(make_release(tmp_path / "r"))
    )
    config = tmp_path / "none.json"
    config.write_text('{"storage": null}')
    assert "It is not signed, and the site pins no key." in run("release", "verify", "--site-config", config)


def test_version_below_that_of_the_site_is_rejected(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path, serve_folder: Callable[[Path], str]
) -> None:
    deploy(1)
    old = server.objects.get(BUCKET, POINTER)
    assert old
    run("release", "renew")
    deploy(1)
    given = {name: old.metadata[name] for name in ("contentType", "cacheControl", "metadata")}
    server.objects.put(BUCKET, POINTER, old.data, given, Preconditions())
    printed = run("release", "verify", "--site-config", tmp_path / "config.json", code=1)
    assert "the site accepts none below" in printed
    target = Target("demo-digits", BUCKET, server.url)
    (tmp_path / "index.html").write_text("<!doctype html>")
    site_url = serve_folder(tmp_path).rstrip("/")
    findings = {finding.what: finding for finding in doctor.examine(target, site_url)}
    assert "the site accepts none below" in findings["signature"].seen


def test_verify_of_the_current_id_compares_the_manifest(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path
) -> None:
    deploy(1)
    name = f"models/{release_of(tmp_path, 1)}/manifest.json"
    manifest = server.objects.get(BUCKET, name)
    assert manifest
    data = manifest.data + b" "
    given = {key: manifest.metadata[key] for key in ("contentType", "cacheControl")}
    given["metadata"] = {"sha256": hashlib.sha256(data).hexdigest()}
    server.objects.put(BUCKET, name, data, given, Preconditions())
    assert "does not match models/current.json" in run("release", "verify", release_of(tmp_path, 1), code=1)


def test_verify_of_an_earlier_release_says_who_signed_it(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path
) -> None:
    for seed in (1, 2):
        deploy(seed)
    config = tmp_path / "config.json"
    arguments = ("release", "verify", release_of(tmp_path, 1), "--site-config", config)
    own = pinned(tmp_path)[0].id
    assert f"It is not the current release.\n{own} signed it when it was." in run(*arguments)
    assert json.loads(run(*arguments, "--json"))["signed_before_by"] == own


@pytest.mark.parametrize("why", ["no pinned key", "pinned key of another", "pointer deleted", "pointer of another"])
def test_verify_of_an_earlier_release_says_what_is_not_known(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path, why: str
) -> None:
    for seed in (1, 2):
        deploy(seed)
    own = pinned(tmp_path)[0]
    first, second = (f"models/{release_of(tmp_path, seed)}/{stored.SIGNED_BEFORE}" for seed in (1, 2))
    config = tmp_path / "config.json"
    if why == "no pinned key":
        site.write_site_config(config, None)
        expected = ("was not checked: the site pins no key", own.id, "--site-config")
    elif why == "pinned key of another":
        other = signing.write_new_key(tmp_path / "other.pem")
        site.write_site_config(config, None, [other])
        expected = (f"none of the keys that the site pins ({other.id}) made it", own.id, "`deploy`")
    else:
        replacement = server.objects.get(BUCKET, second)
        assert replacement
        server.objects.delete(BUCKET, first, Preconditions())
        if why == "pointer of another":
            server.objects.put(BUCKET, first, replacement.data, {}, Preconditions())
        expected = (f"was not checked: {first} is missing or not a signed pointer to it", "`deploy`")
    arguments = ("release", "verify", release_of(tmp_path, 1), "--site-config", config)
    printed = run(*arguments)
    assert all(text in printed for text in ("is complete", "It is not the current release.", *expected)), printed
    assert json.loads(run(*arguments, "--json"))["signed_before_by"] is None


def test_rollback_can_expire(deploy: Run, run: Run, server: FakeServer) -> None:
    for seed in (1, 2):
        deploy(seed, "--expires-days", "90")
    run("release", "rollback", "--expires-days", "90")
    assert pointer(server).expires


# ---- list ----


def listed(run: Run) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(run("release", "list", "--json"))
    return entries


def test_list_shows_which_releases_a_pinned_key_signed(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_commands, "SITE", tmp_path)
    deploy(1)
    deploy(2, "--expires-days", "9")
    foreign = tmp_path / "foreign.pem"
    signing.write_new_key(foreign)
    own = pinned(tmp_path)[0].id
    config = (tmp_path / "config.json").read_bytes()
    deploy(3, "--key", foreign)
    (tmp_path / "config.json").write_bytes(config)
    signatures = [entry["signature"] for entry in listed(run)]
    assert [signature["verified"] for signature in signatures] == [False, True, True]
    assert [signature["signer"] for signature in signatures] == [public(foreign).id, own, own]
    assert signatures[0]["version"] == pointer(server).version
    assert signatures[1]["expires"]
    rows = run("release", "list").splitlines()[1:]
    assert ["not verified" in row for row in rows] == [True, False, False]
    assert [own in row for row in rows] == [False, True, True]
    deploy(2, "--expires-days", "9")
    assert f"← current, expires {pointer(server).expires}" in run("release", "list")


def test_list_shows_no_signature_of_another_manifest(
    deploy: Run, run: Run, server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_commands, "SITE", tmp_path)
    deploy(1)
    name = f"models/{release_of(tmp_path, 1)}/manifest.json"
    manifest = server.objects.get(BUCKET, name)
    assert manifest
    server.objects.put(BUCKET, name, manifest.data + b" ", {}, Preconditions())
    assert listed(run)[0]["signature"] is None


def test_list_counts_the_bytes_that_verify_counts(deploy: Run, run: Run, tmp_path: Path) -> None:
    deploy(1)
    config = tmp_path / "config.json"
    assert listed(run)[0]["bytes"] == json.loads(run("release", "verify", "--site-config", config, "--json"))["bytes"]


def test_list_warns_without_a_current_release(
    deploy: Run, server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(1)
    server.objects.put(BUCKET, POINTER, b"garbage", {}, Preconditions())
    assert cli.main(["release", "list"]) == 0
    assert f"Warning: no release is current: {POINTER} is missing or damaged" in capsys.readouterr().err


def test_incomplete_release_is_no_rollback_target(deploy: Run, run: Run, server: FakeServer, tmp_path: Path) -> None:
    for seed in (1, 2):
        deploy(seed)
    assert "← rollback target" in run("release", "list")
    name = f"models/{release_of(tmp_path, 1)}/model.json"
    server.objects.put(BUCKET, name, b"{", {}, Preconditions())
    printed = run("release", "list")
    assert "incomplete or damaged" in printed
    assert "← rollback target" not in printed


# ---- keygen -----------------------------------------------------------------------------------


def test_keygen_writes_a_private_file(run: Run, tmp_path: Path, deploy: Run) -> None:
    path = tmp_path / "new.pem"
    printed = run("release", "keygen", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public(path).text in printed
    assert f"--key {path}" in printed
    assert public(tmp_path / "new.pem.pub") == public(path)
    deploy(1, "--key", path)


def test_two_encrypted_keys_need_one_passphrase(
    run: Run, deploy: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old", "new"):
        monkeypatch.setenv("DIGITS_SIGNING_PASSPHRASE", f"secret of {name}")
        run("release", "keygen", tmp_path / f"{name}.pem", "--passphrase")
    deploy(1, "--key", tmp_path / "new.pem", "--trusted-key", tmp_path / "old.pem.pub")
    assert len(pinned(tmp_path)) == 2


def test_keygen_makes_a_private_folder(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config" / "digits" / "release.pem"
    run("release", "keygen", path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert public(path)


def test_keygen_takes_a_file_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert new_file("~/key.pem") == tmp_path / "key.pem"
    for text in ("", "keys/"):
        with pytest.raises(argparse.ArgumentTypeError, match="does not name a file"):
            new_file(text)


def test_keygen_never_replaces_a_key(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    run("release", "keygen", path)
    before = path.read_bytes()
    for options in ([], ["--passphrase"]):  # no passphrase is asked for in vain
        assert f"{path} exists" in run("release", "keygen", path, *options, code=1)
    path.rename(tmp_path / "moved.pem")
    assert "key.pem.pub exists" in run("release", "keygen", path, code=1)
    (tmp_path / "moved.pem").rename(path)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.glob("*key.pem*")) == ["key.pem", "key.pem.pub"]


def test_keygen_writes_through_no_link(tmp_path: Path) -> None:
    """In a folder that others can write to, a link with a predictable name could lead the key elsewhere."""
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for name in ("key.pem", f".key.pem-{os.getpid()}"):
        (tmp_path / name).symlink_to(victim)
    with pytest.raises(FileExistsError):
        signing.write_new_key(tmp_path / "key.pem")
    (tmp_path / "key.pem").unlink()
    signing.write_new_key(tmp_path / "key.pem")
    assert victim.read_text() == "kept"
    assert not (tmp_path / "key.pem").is_symlink()


def test_damaged_key_of_the_demo_project_is_reported(deploy: Run, tmp_path: Path) -> None:
    deploy(1)
    path = tmp_path / "local" / "signing-key.pem"
    path.write_bytes(path.read_bytes()[:60])
    assert f"{path} is not a private key" in (printed := deploy(1, code=1))
    assert "delete it" in printed


@pytest.mark.parametrize("name", ["key.pem", "docs/key.pem", "runs/../key.pem"])
def test_keygen_refuses_the_checkout(run: Run, name: str) -> None:
    assert "is inside the checkout" in run("release", "keygen", ROOT / name, code=1)
    assert not (ROOT / name).exists()


def test_keygen_encrypts_on_request(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key.pem"
    assert "DIGITS_SIGNING_PASSPHRASE" in run("release", "keygen", path, "--passphrase", code=1)
    monkeypatch.setenv("DIGITS_SIGNING_PASSPHRASE", "")
    assert "is empty" in run("release", "keygen", path, "--passphrase", code=1)
    assert not path.exists()
    monkeypatch.setenv("DIGITS_SIGNING_PASSPHRASE", "secret")
    run("release", "keygen", path, "--passphrase")
    assert b"ENCRYPTED" in path.read_bytes()


@pytest.mark.parametrize(("second", "works"), [("secret", True), ("other", False)])
def test_keygen_asks_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str, works: bool) -> None:
    answers = iter(["secret", second])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    options = argparse.Namespace(file=tmp_path / "key.pem", passphrase=True)
    if works:
        release_commands._keygen(options)
        assert read_public_key(options.file, lambda _: "secret")
    else:
        with pytest.raises(PublishError, match="differ"):
            release_commands._keygen(options)
    assert options.file.exists() == works


def test_site_config_with_other_content_is_rejected(run: Run, deploy: Run, tmp_path: Path) -> None:
    deploy(1)
    for content in (b"", b"[]", b'{"keys": "x", "storage": null}', json.dumps({"storage": None, "keys": ["x"] * 9})):
        config = tmp_path / "bad.json"
        config.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert f"{config} is not valid" in run("release", "verify", "--site-config", config, code=1)


# ---- serve ------------------------------------------------------------------------------------


@pytest.fixture
def serve(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], str]:
    """Return a function that runs `serve` with the fake Storage until it waits for Ctrl-C, and returns its output."""

    class Interrupted:
        def wait(self) -> None:
            raise KeyboardInterrupt

    target = Target("demo-digits", BUCKET, server.url)
    monkeypatch.setattr(serve_command, "SITE", tmp_path)
    monkeypatch.setattr(serve_command, "LATEST", tmp_path / "runs")
    monkeypatch.setattr(serve_command, "BUNDLED", make_release(tmp_path / "bundled", 7))
    monkeypatch.setattr(serve_command, "choose_target", lambda *_: target)
    monkeypatch.setattr(serve_command, "storage_running", lambda _: contextlib.nullcontext())
    monkeypatch.setattr(serve_command, "hosting_running", lambda *_: contextlib.nullcontext("http://site"))
    monkeypatch.setattr(serve_command.signal, "signal", lambda *_: None)
    monkeypatch.setattr(serve_command, "threading", SimpleNamespace(Event=Interrupted))

    def run_serve() -> str:
        serve_command._serve(argparse.Namespace(bundled=False, port=None))
        return capsys.readouterr().out

    return run_serve


def test_serve_signs_the_first_release_and_pins_the_key(
    serve: Callable[[], str], server: FakeServer, tmp_path: Path
) -> None:
    assert "because nothing was published yet" in serve()
    assert pointer(server).signer(pinned(tmp_path))
    assert pinned(tmp_path) == [public(tmp_path / "local" / "signing-key.pem")]
    assert "because nothing was published yet" not in serve()
    assert len(pinned(tmp_path)) == 1


def test_serve_pins_no_key_if_the_release_is_not_signed_with_it(
    serve: Callable[[], str], server: FakeServer, tmp_path: Path
) -> None:
    """For example, one that was published before there was a key. Pages would refuse it."""
    target = Target("demo-digits", BUCKET, server.url)
    publish.publish(storage.Storage(target), read_release(make_release(tmp_path / "unsigned")))
    assert f"No key of this machine has signed the current release, so {tmp_path / 'config.json'} pins no" in serve()
    assert pinned(tmp_path) == []


def test_serve_keeps_the_keys_of_a_deployment(
    serve: Callable[[], str], deploy: Run, key: Callable[[str], Path], tmp_path: Path
) -> None:
    deploy(1, "--key", key("own"), "--trusted-key", key("next"))
    before = (tmp_path / "config.json").read_bytes()
    assert "pins no key" not in serve()
    assert (tmp_path / "config.json").read_bytes() == before
    key("other")
    (tmp_path / "config.json").write_text("damaged")
    assert "pins no key" in serve()
