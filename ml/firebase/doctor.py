"""Is everything in place? Looks at a deployment as a visitor's browser meets it, and says how to mend what is not."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from ml.errors import PublishError
from ml.files import ROOT
from ml.firebase.emulators import LOCAL, local_config
from ml.firebase.publish import fetch_current
from ml.firebase.storage import Storage, Target
from ml.release.manifest import POINTER

TIMEOUT = (5.0, 20.0)
SCRATCH = "doctor/nobody-may-write-this"

DEPLOY_RULES = "Deploy storage.rules: firebase deploy --only storage --project {project}"
DEPLOY_SITE = "Deploy the site: nox -s deploy (locally: nox -s emulators serves it)"
SET_CORS = "Set it: gcloud storage buckets update gs://{bucket} --cors-file=storage-cors.json"
PUBLISH = "Publish a release: nox -s deploy"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    seen: str
    mend: str = ""


class UnwellError(Exception):
    """What a check saw that should not be so."""


def examine(target: Target, site: str) -> list[Finding]:
    """Look at a deployment's Storage and site.

    Args:
        target: Its Storage.
        site: URL of its site.
    """
    findings: list[Finding] = []

    def check(what: str, look: Callable[[], str], mend: str = "") -> bool:
        try:
            findings.append(Finding(what, True, look()))
        except (UnwellError, PublishError, requests.RequestException) as error:
            seen = "no answer" if isinstance(error, requests.RequestException) else str(error)
            mend = mend.format(project=target.project, bucket=target.bucket)
            findings.append(Finding(what, False, seen, mend))
        return findings[-1].well

    # A PublishError says itself how to mend what it names.
    published = check("project and bucket", lambda: _bucket(target)) and check(
        "current release", lambda: _release(target), PUBLISH
    )
    if published:
        check("rules: the release can be read", lambda: _readable(target), DEPLOY_RULES)
        check("pointer is always asked for anew", lambda: _fresh(target), PUBLISH)
    check("rules: nothing else can be read", lambda: _private(target), DEPLOY_RULES)
    check("rules: nobody can list", lambda: _refused(target, "GET", "?prefix=models/"), DEPLOY_RULES)
    check("rules: nobody can write", lambda: _unwritable(target), DEPLOY_RULES)
    check(f"CORS for {site}", lambda: _cors(target, site), SET_CORS)
    if check(f"site at {site}", lambda: _page(site), DEPLOY_SITE):
        check("site reads this Storage", lambda: _configuration(target, site), DEPLOY_SITE)
        check("headers of pages", lambda: _headers(target, site, "/"), DEPLOY_SITE)
        check("headers of hashed files", lambda: _headers(target, site, _asset(site)), DEPLOY_SITE)
    return findings


def _bucket(target: Target) -> str:
    Storage(target).names("models/current")
    return str(target)


def _release(target: Target) -> str:
    release = fetch_current(Storage(target))
    return f"{release.id}, whole, accuracy {release.manifest['metrics']['accuracy']:.2%}"


def _get(target: Target, name: str, **headers: str) -> requests.Response:
    return requests.get(f"{target.base_url}/{quote(name, safe='')}?alt=media", headers=headers, timeout=TIMEOUT)


def _readable(target: Target) -> str:
    status = _get(target, POINTER).status_code
    if status != 200:
        raise UnwellError(f"{POINTER} answers {status}")
    return "200"


def _private(target: Target) -> str:
    return _refused(target, "GET", f"/{quote(SCRATCH, safe='')}?alt=media")


def _refused(target: Target, method: str, path: str, data: bytes | None = None) -> str:
    status = requests.request(method, target.base_url + path, data=data, timeout=TIMEOUT).status_code
    if status not in (401, 403):
        raise UnwellError(f"{method} answers {status} where it should answer 403")
    return str(status)


def _unwritable(target: Target) -> str:
    try:
        for name in (SCRATCH, f"models/{SCRATCH}"):
            _refused(target, "POST", f"?name={quote(name, safe='')}", b"")
            _refused(target, "DELETE", f"/{quote(name, safe='')}")
    except UnwellError:
        store = Storage(target)
        for name in (SCRATCH, f"models/{SCRATCH}"):
            if written := store.read(name):
                store.delete(name, written.generation)
        raise
    return "403"


def _cors(target: Target, site: str) -> str:
    allowed = _get(target, POINTER, Origin=site).headers.get("Access-Control-Allow-Origin")
    if allowed not in ("*", site):
        raise UnwellError(f"Access-Control-Allow-Origin is {allowed or 'missing'}")
    return f"Access-Control-Allow-Origin: {allowed}"


def _fresh(target: Target) -> str:
    cached = _get(target, POINTER).headers.get("Cache-Control")
    if cached != "no-cache":
        raise UnwellError(f"Cache-Control of {POINTER} is {cached or 'missing'}")
    return "Cache-Control: no-cache"


def _page(site: str) -> str:
    answer = requests.get(site, timeout=TIMEOUT)
    if answer.status_code != 200 or "text/html" not in answer.headers.get("Content-Type", ""):
        raise UnwellError(f"answers {answer.status_code}")
    return "200"


def _configuration(target: Target, site: str) -> str:
    answer = requests.get(f"{site}/config.json", timeout=TIMEOUT)
    try:
        storage = answer.json()["storage"]
    except (ValueError, KeyError, TypeError):
        raise UnwellError("/config.json is not one") from None
    if storage != target.base_url:
        raise UnwellError(f"/config.json names {storage or 'no Storage, so the bundled release runs'}")
    return str(storage)


def _asset(site: str) -> str:
    page = requests.get(site, timeout=TIMEOUT).text
    found = re.search(r'"(/_next/static/[^"?]+\.js)', page)
    if not found:
        raise UnwellError("the page loads no script of its own")
    return found[1]


def _headers(target: Target, site: str, path: str) -> str:
    config = json.loads((ROOT / "firebase.json").read_text())
    if target.emulator:
        config = local_config(config, str(LOCAL), 5000)
    served = requests.get(site + path, timeout=TIMEOUT).headers
    expected = expected_headers(config["hosting"]["headers"], path)
    wrong = [name for name, value in expected.items() if served.get(name) != value]
    if wrong:
        raise UnwellError(f"{', '.join(wrong)} not as in firebase.json")
    return f"{len(expected)} as in firebase.json"


def expected_headers(rules: list[dict[str, Any]], path: str) -> dict[str, str]:
    """The headers that firebase.json gives to a path: of the rules that match, the last one wins."""
    return {
        header["key"]: header["value"]
        for rule in rules
        if fnmatch.fnmatchcase(path, rule["source"])
        for header in rule["headers"]
    }
