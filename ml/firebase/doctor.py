"""Checks of a deployment through the requests of a browser, with hints for fixing problems."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import requests

from ml.errors import PublishError
from ml.evaluation.headline import percent
from ml.files import Json
from ml.firebase.config import header_rules
from ml.firebase.download import FAILURES, TIMEOUT, download
from ml.firebase.site import fetch_site_config
from ml.firebase.storage import Storage
from ml.firebase.stored import fetch_current, require_pointer
from ml.firebase.target import Target
from ml.release.pointer import POINTER
from ml.release.pointer_check import check_signature

MAX_PAGE_BYTES = 4 * 2**20
PROBE = "doctor/must-not-be-writable"

DEPLOY_RULES = "Deploy storage.rules: firebase deploy --only storage --project {project}"
DEPLOY_SITE = "Deploy the site: nox -s deploy (locally: nox -s emulators serves it)"
SET_CORS = "Set it: gcloud storage buckets update gs://{bucket} --cors-file=storage-cors.json"
SIGN = "Publish the release and pin the key that signs it: nox -s deploy"
CONNECT = "Check the network connection and the address"
START = "Start the local servers: nox -s emulators"
NO_RESPONSE = "no response"
PUBLISH = "Publish a release: nox -s deploy"


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    what: str
    ok: bool
    seen: str
    hint: str = ""


class CheckFailed(Exception):  # noqa: N818  not an error of this program
    """A check failed; the message gives the reason."""


def examine(target: Target, site: str) -> list[Finding]:
    """Check the Storage and the site of a deployment.

    Args:
        target: The Storage.
        site: URL of the site, without a slash at the end.

    Returns:
        A finding for each check. Checks that depend on a failed one are left out.
    """
    findings: list[Finding] = []

    def check(what: str, probe: Callable[[], str], hint: str = "") -> bool:
        try:
            findings.append(Finding(what, True, probe()))
        except (CheckFailed, PublishError, *FAILURES) as error:
            seen = NO_RESPONSE if isinstance(error, FAILURES) else str(error)
            if seen == NO_RESPONSE:
                hint = START if target.emulator else CONNECT
            hint = hint.format(project=target.project, bucket=target.bucket)
            findings.append(Finding(what, False, seen, hint))
        return findings[-1].ok

    # No hint: a PublishError includes one.
    published = check("project and bucket", lambda: _bucket(target)) and check(
        "current release", lambda: _release(target), PUBLISH
    )
    if published:
        check("rules: the release can be read", lambda: _readable(target), DEPLOY_RULES)
        check("pointer: never cached", lambda: _uncached(target), PUBLISH)
    check("rules: nothing else can be read", lambda: _private(target), DEPLOY_RULES)
    if findings[-1].seen != NO_RESPONSE:
        check("rules: clients cannot list", lambda: _denied(target, "GET", "?prefix=models/"), DEPLOY_RULES)
        check("rules: clients cannot write", lambda: _unwritable(target), DEPLOY_RULES)
        check(f"CORS for {site}", lambda: _cors(target, site), SET_CORS)
    if check(f"site at {site}", lambda: _page(site), DEPLOY_SITE):
        if check("site reads this Storage", lambda: _configuration(target, site), DEPLOY_SITE) and published:
            check("signature", lambda: _signature(target, site), SIGN)
        check("headers of pages", lambda: _headers(target, site, "/"), DEPLOY_SITE)
        check("headers of hashed files", lambda: _headers(target, site, _asset(site)), DEPLOY_SITE)
    return findings


def _bucket(target: Target) -> str:
    Storage(target).list_blobs("models/current")
    return str(target)


def _release(target: Target) -> str:
    release = fetch_current(Storage(target))
    return f"{release.id}, complete, accuracy {percent(release.manifest.metrics.accuracy)}"


def _get(target: Target, name: str, **headers: str) -> requests.Response:
    return requests.get(
        f"{target.base_url}/{quote(name, safe='')}?alt=media", headers=headers, timeout=TIMEOUT, stream=True
    )


def _readable(target: Target) -> str:
    status = _get(target, POINTER).status_code
    if status != 200:
        raise CheckFailed(f"{POINTER} returns {status}")
    return "200"


def _private(target: Target) -> str:
    return _denied(target, "GET", f"/{quote(PROBE, safe='')}?alt=media")


def _denied(target: Target, method: str, path: str, data: bytes | None = None) -> str:
    status = requests.request(method, target.base_url + path, data=data, timeout=TIMEOUT, stream=True).status_code
    if status not in (401, 403):
        raise CheckFailed(f"{method} returns {status} instead of 403")
    return str(status)


def _unwritable(target: Target) -> str:
    try:
        for name in (PROBE, f"models/{PROBE}"):
            _denied(target, "POST", f"?name={quote(name, safe='')}", b"")
            _denied(target, "DELETE", f"/{quote(name, safe='')}")
    except CheckFailed:
        store = Storage(target)
        for name in (PROBE, f"models/{PROBE}"):
            if written := store.read(name):
                store.delete(name, written.generation)
        raise
    return "403"


def _cors(target: Target, site: str) -> str:
    allowed = _get(target, POINTER, Origin=site).headers.get("Access-Control-Allow-Origin")
    if allowed not in ("*", site):
        raise CheckFailed(f"Access-Control-Allow-Origin is {allowed or 'missing'}")
    return f"Access-Control-Allow-Origin: {allowed}"


def _uncached(target: Target) -> str:
    cached = _get(target, POINTER).headers.get("Cache-Control")
    if cached != "no-cache":
        raise CheckFailed(f"Cache-Control of {POINTER} is {cached or 'missing'}")
    return "Cache-Control: no-cache"


def _page(site: str) -> str:
    response = requests.get(site, timeout=TIMEOUT, stream=True)
    if response.status_code != 200 or "text/html" not in response.headers.get("Content-Type", ""):
        raise CheckFailed(f"returns {response.status_code}")
    return "200"


def _configuration(target: Target, site: str) -> str:
    config = fetch_site_config(f"{site}/config.json")
    config.public_keys()
    storage = config.storage
    if storage != target.base_url:
        raise CheckFailed(f"/config.json names {storage or 'no Storage, so the site runs its bundled release'}")
    return str(storage)


def _signature(target: Target, site: str) -> str:
    config = fetch_site_config(f"{site}/config.json")
    pointer = require_pointer(Storage(target))[1]
    keys = config.public_keys()
    signature = check_signature(pointer, keys, config.version)
    if signature.signer and not keys:
        raise CheckFailed(f"{signature.signer} signed the release, and the site pins no key")
    return str(signature).removeprefix("It is ")


def _asset(site: str) -> str:
    found = re.search(rb'"(/_next/static/[^"?]+\.js)', download(site, MAX_PAGE_BYTES)[1])
    if not found:
        raise CheckFailed("the page loads no script from /_next/static")
    return found[1].decode()


def _headers(target: Target, site: str, path: str) -> str:
    served = requests.get(site + path, timeout=TIMEOUT, stream=True).headers
    expected = expected_headers(header_rules(local=target.emulator is not None), path)
    wrong = [name for name, value in expected.items() if served.get(name) != value]
    if wrong:
        raise CheckFailed(f"{', '.join(wrong)} differ from firebase.json")
    return f"{len(expected)} as in firebase.json"


def expected_headers(rules: list[Json], path: str) -> dict[str, str]:
    """Return the headers that Hosting sends for `path`. Of several matching rules, the last one wins.

    Args:
        rules: `hosting.headers` of firebase.json.
        path: Path of the URL.
    """
    return {
        header["key"]: header["value"]
        for rule in rules
        if fnmatch.fnmatchcase(path, rule["source"])
        for header in rule["headers"]
    }
