"""Sign with a key in Google Cloud KMS, which never leaves it, through its REST API."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from http import HTTPStatus
from typing import Any

import google.auth
import google.auth.exceptions
import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from ml.errors import PublishError
from ml.firebase.credentials import check_credentials_file
from ml.release.signing import PublicKey, encode_public_key, raw_signature

ENDPOINT = "https://cloudkms.googleapis.com"
ALGORITHM = "EC_SIGN_P256_SHA256"
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two packets

_VERSION = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[\w-]+/cryptoKeys/[\w-]+/cryptoKeyVersions/[0-9]+")


class KmsSigner:
    """Signs with one version of a key in Cloud KMS.

    Args:
        name: `projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`, as `gcloud` shows it.
        session: Sends the requests (default: with Application Default Credentials).
        endpoint: URL of the service.

    Raises:
        PublishError: The key cannot be used; every method raises it, too.
    """

    def __init__(self, name: str, session: requests.Session | None = None, endpoint: str = ENDPOINT) -> None:
        if not _VERSION.fullmatch(name):
            raise PublishError(
                f"{name} is not a key version in Cloud KMS: projects/PROJECT/locations/LOCATION/keyRings/RING/"
                "cryptoKeys/KEY/cryptoKeyVersions/NUMBER."
            )
        self._name = name
        self._url = f"{endpoint}/v1/{self._name}"
        self._session = session or _authorized_session()
        # Signing the same data twice is harmless, so every request may be repeated.
        retry = Retry(
            3,
            backoff_factor=0.5,
            status_forcelist=[429, 500, 502, 503, 504],
            allowed_methods=None,
            raise_on_status=False,
        )
        self._session.mount(endpoint, HTTPAdapter(max_retries=retry))
        self.public_key = self._fetch_public_key()

    def _fetch_public_key(self) -> PublicKey:
        answer = self._request("GET", "/publicKey")
        if answer.get("algorithm") != ALGORITHM:
            raise PublishError(
                f"{self._name} is a key for {answer.get('algorithm')}. Releases are signed with {ALGORITHM}."
            )
        try:
            key = load_pem_public_key(str(answer["pem"]).encode())
        except (KeyError, ValueError, UnsupportedAlgorithm) as error:
            raise PublishError(f"Cloud KMS sent no public key for {self._name}.") from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise PublishError(f"Cloud KMS sent no elliptic-curve key for {self._name}.")
        return encode_public_key(key)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`: r and s, 32 bytes each. It is verified, so a damaged answer is found."""
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        answer = self._request("POST", ":asymmetricSign", {"digest": {"sha256": digest}})
        try:
            signature = raw_signature(base64.b64decode(answer["signature"], validate=True))
        except (KeyError, TypeError, ValueError) as error:
            raise PublishError(f"Cloud KMS sent no signature of {self._name}. Run the command again.") from error
        if not self.public_key.verifies(signature, data):
            raise PublishError(f"Cloud KMS sent a wrong signature of {self._name}. Run the command again.")
        return signature

    def _request(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        try:
            response = self._session.request(method, self._url + path, json=body, timeout=TIMEOUT)
            answer = response.json()
        except google.auth.exceptions.RefreshError as error:
            raise PublishError(
                "The credentials were rejected. Run `gcloud auth application-default login` again."
            ) from error
        except (requests.RequestException, google.auth.exceptions.GoogleAuthError) as error:
            raise PublishError("Cloud KMS is unreachable. Check the network connection.") from error
        if not isinstance(answer, dict):
            answer = {}
        if response.status_code != HTTPStatus.OK:
            raise PublishError(f"Cloud KMS cannot use {self._name}: {_reason(response.status_code, answer)}.")
        return answer


def _authorized_session() -> AuthorizedSession:
    check_credentials_file(os.environ)
    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise PublishError(
            "There are no credentials for Cloud KMS. Run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account."
        ) from error
    return AuthorizedSession(credentials)  # type: ignore[no-untyped-call]


def _reason(status: int, answer: dict[str, Any]) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "there is no such key version"
    if status == HTTPStatus.FORBIDDEN:
        return "permission denied; give the account the role Cloud KMS CryptoKey Signer/Verifier for it"
    error = answer.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return " ".join(str(message or f"it answers {status}").split()).rstrip(".")[:300]
