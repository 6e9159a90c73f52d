"""The doctor finds each thing that is wrong, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ml.firebase import doctor, emulators, publish
from ml.firebase.fake.server import ROOT, StandIn, Wanted, serving
from ml.firebase.storage import Storage, Target
from ml.release.manifest import POINTER, read_release
from tests.releases import free_port, make_release

BUCKET = "demo-digits.firebasestorage.app"
SITE = {
    "index.html": '<!doctype html><script src="/_next/static/a.js"></script>',
    "_next/static/a.js": "0",
}


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("hosting")
    for name, content in SITE.items():
        file = folder / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emulators, "LOCAL", folder / "local")
        with emulators.hosting_running(folder / "out", free_port()) as url:
            yield url, folder / "out"


@pytest.fixture
def world(tmp_path: Path, hosting: tuple[str, Path]) -> Callable[..., tuple[StandIn, list[doctor.Finding]]]:
    """Set a deployment up, let `harm` do its worst, and examine it."""
    site, out = hosting

    def examine(
        harm: Callable[[StandIn], object] = lambda _: None,
        *,
        rules: str = (ROOT / "storage.rules").read_text(),
        cors: str = (ROOT / "storage-cors.json").read_text(),
        configuration: str | None = None,
    ) -> tuple[StandIn, list[doctor.Finding]]:
        for name, text in (("storage.rules", rules), ("cors.json", cors)):
            (tmp_path / name).write_text(text)
        files = {"rules_file": tmp_path / "storage.rules", "cors_file": tmp_path / "cors.json"}
        with serving(tmp_path / "storage", **files) as standin:
            target = Target("demo-digits", BUCKET, standin.url)
            publish.publish(Storage(target), read_release(make_release(tmp_path / "release")))
            (out / "config.json").write_text(configuration or json.dumps({"storage": target.base_url}))
            harm(standin)
            return standin, doctor.examine(target, site)

    return examine


def bad(findings: list[doctor.Finding]) -> set[str]:
    return {finding.what.split(" http")[0] for finding in findings if not finding.well}


Examine = Callable[..., tuple[StandIn, list[doctor.Finding]]]


def test_all_is_well(world: Examine) -> None:
    _, findings = world()
    assert bad(findings) == set()
    assert len(findings) == 12


RULES = (ROOT / "storage.rules").read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rules": RULES.replace("allow get", "allow list, get")}, {"rules: nobody can list"}),
        ({"rules": RULES.replace("allow get", "allow get, write")}, {"rules: nobody can write"}),
        ({"rules": RULES.replace("/models/{path=**}", "/{path=**}")}, {"rules: nothing else can be read"}),
        ({"rules": RULES.replace("true", "false")}, {"rules: the release can be read"}),
        ({"cors": "[]"}, {"CORS for"}),
        ({"configuration": '{"storage": null}'}, {"site reads this Storage"}),
        ({"configuration": "<html>"}, {"site reads this Storage"}),
    ],
)
def test_finds_what_is_wrong_and_says_how_to_mend_it(
    world: Examine, options: dict[str, str], expected: set[str]
) -> None:
    _, findings = world(**options)
    # Where the pointer may not be read, its headers can't be right either.
    assert bad(findings) - {"pointer is always asked for anew"} == expected
    assert all(finding.mend for finding in findings if not finding.well)


def test_finds_a_damaged_release(world: Examine) -> None:
    def harm(standin: StandIn) -> None:
        [name, *_] = [stored.metadata["name"] for stored in standin.objects.all(BUCKET)]
        standin.objects.delete(BUCKET, name, Wanted())

    assert bad(world(harm)[1]) == {"current release"}


def test_finds_a_pointer_that_browsers_would_keep(world: Examine) -> None:
    def harm(standin: StandIn) -> None:
        standin.objects.patch(BUCKET, POINTER, {"cacheControl": "public, max-age=3600"}, Wanted())

    assert bad(world(harm)[1]) == {"pointer is always asked for anew"}


def test_finds_headers_that_are_not_deployed(world: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config: dict[str, Any] = json.loads((ROOT / "firebase.json").read_text())
    config["hosting"]["headers"][0]["headers"].append({"key": "X-New", "value": "1"})
    (tmp_path / "firebase.json").write_text(json.dumps(config))
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert bad(world()[1]) == {"headers of pages", "headers of hashed files"}


def test_finds_a_site_that_is_not_there(tmp_path: Path) -> None:
    with serving(tmp_path) as standin:
        findings = doctor.examine(Target("demo-digits", BUCKET, standin.url), f"http://127.0.0.1:{free_port()}")
    assert bad(findings) == {"current release", "site at"}


def test_the_last_matching_rule_wins() -> None:
    rules = json.loads((ROOT / "firebase.json").read_text())["hosting"]["headers"]
    assert doctor.expected_headers(rules, "/about")["Cache-Control"] == "no-cache"
    assert "immutable" in doctor.expected_headers(rules, "/_next/static/a.js")["Cache-Control"]
