"""Signing with Cloud KMS, against a local server that answers as its REST API does."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from urllib3.util import Retry

from ml.errors import PublishError
from ml.firebase.kms import KmsSigner
from ml.release.signing import LocalSigner
from tests.releases import free_port

NAME = "projects/p/locations/europe-west1/keyRings/digits/cryptoKeys/release/cryptoKeyVersions/3"
PRIVATE_KEY = ec.derive_private_key(11, ec.SECP256R1())


class Kms(BaseHTTPRequestHandler):
    """A key version. `change` may replace status and answer of a request."""

    change: Callable[[str, int, Any], tuple[int, Any]]
    requests: list[str]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = PRIVATE_KEY.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
        self.answer(f"/v1/{NAME}/publicKey", {"pem": pem, "algorithm": "EC_SIGN_P256_SHA256", "name": NAME})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        digest = base64.b64decode(body["digest"]["sha256"])
        signature = PRIVATE_KEY.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        self.answer(f"/v1/{NAME}:asymmetricSign", {"signature": base64.b64encode(signature).decode(), "name": NAME})

    def answer(self, path: str, value: Any) -> None:
        kind = type(self)
        kind.requests.append(self.path)
        status = 200 if self.path == path else 404
        status, value = kind.change(self.path, status, value)
        data = json.dumps(value).encode() if not isinstance(value, bytes) else value
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def kms() -> Iterator[type[Kms]]:
    class Service(Kms):
        change = staticmethod(lambda _, status, value: (status, value))
        requests: list[str] = []  # noqa: RUF012
        url = ""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    Service.url = f"http://127.0.0.1:{server.server_port}"
    yield Service
    server.shutdown()
    thread.join()
    server.server_close()


def signer_of(kms: Any, name: str = NAME) -> KmsSigner:
    return KmsSigner(name, AuthorizedSession(AnonymousCredentials()), kms.url)


def test_signature_is_that_of_the_key(kms: Any) -> None:
    signer = signer_of(kms)
    assert signer.public_key == LocalSigner(PRIVATE_KEY).public_key
    signature = signer.sign(b"data")
    assert signer.public_key.verifies(signature, b"data")
    assert kms.requests == [f"/v1/{NAME}/publicKey", f"/v1/{NAME}:asymmetricSign"]


@pytest.mark.parametrize(
    "name", ["", "projects/p", NAME.rsplit("/", 2)[0], NAME + "x", f"../{NAME}", NAME.replace("digits", "a/b")]
)
def test_other_names_are_rejected(name: str) -> None:
    with pytest.raises(PublishError, match="is not a key version in Cloud KMS"):
        KmsSigner(name, requests.Session())


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (404, {}, "there is no such key version"),
        (403, {"error": {"message": "no"}}, "permission denied; give the account the role Cloud KMS CryptoKey Signer"),
        (400, {"error": {"message": "the key\nis DISABLED."}}, r"cannot use .*: the key is DISABLED\.$"),
        (418, {}, "it answers 418"),
        (200, b"<html>", "unreachable"),
        (200, [], "is a key for None"),
        (200, {"algorithm": "RSA_SIGN_PSS_2048_SHA256"}, "is a key for RSA_SIGN_PSS_2048_SHA256"),
        (200, {"algorithm": "EC_SIGN_P256_SHA256"}, "sent no public key"),
        (200, {"algorithm": "EC_SIGN_P256_SHA256", "pem": "x"}, "sent no public key"),
    ],
)
def test_unusable_keys_are_explained(kms: Any, status: int, answer: Any, words: str) -> None:
    kms.change = staticmethod(lambda *_: (status, answer))
    with pytest.raises(PublishError, match=words):
        signer_of(kms)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "sent no signature"),
        ({"signature": 7}, "sent no signature"),
        ({"signature": "AAAA"}, "sent no signature"),
        ({"signature": "!"}, "sent no signature"),
        ({"signature": base64.b64encode(utils.encode_dss_signature(1, 2)).decode()}, "sent a wrong signature"),
    ],
)
def test_damaged_signature_is_found(kms: Any, answer: Any, words: str) -> None:
    signer = signer_of(kms)
    kms.change = staticmethod(lambda *_: (200, answer))
    with pytest.raises(PublishError, match=words):
        signer.sign(b"data")


@pytest.mark.parametrize("status", [429, 503])
def test_requests_are_repeated(kms: Any, status: int) -> None:
    failures = iter([True, False, True])
    kms.change = staticmethod(
        lambda _, usual, value: (status, {}) if next(failures, False) else (usual, value)  # pragma: no branch
    )
    signer = signer_of(kms)
    assert signer.public_key.verifies(signer.sign(b"data"), b"data")
    assert len(kms.requests) == 4


def test_overloaded_service_is_reported(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    kms.change = staticmethod(lambda *_: (503, {"error": {"message": "The service is overloaded"}}))
    with pytest.raises(PublishError, match="The service is overloaded"):
        signer_of(kms)


def test_unreachable_service_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        url = f"http://127.0.0.1:{free_port()}"

    monkeypatch.setattr(Retry, "sleep", lambda *_: None)
    with pytest.raises(PublishError, match="Cloud KMS is unreachable"):
        signer_of(Closed)


def test_rejected_credentials_are_reported(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def reject(*_: Any, **__: Any) -> Any:
        raise RefreshError("expired")

    monkeypatch.setattr(AuthorizedSession, "request", reject)
    with pytest.raises(PublishError, match="credentials were rejected"):
        signer_of(kms)


def test_missing_credentials_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(PublishError, match="no credentials for Cloud KMS"):
        KmsSigner(NAME)
