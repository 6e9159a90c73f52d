"""The workflows give each job only the rights that it needs, and the rollback runs in every case.

`nox -s lint` checks their syntax, and zizmor their usual weaknesses. GitHub itself is not available to the tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml.files import ROOT

WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / ".github/workflows").glob("*.yml")
}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]
DEPLOY = WORKFLOWS["deploy"]["jobs"]
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")


def step(job: str, name: str) -> dict[str, Any]:
    [found] = [each for each in DEPLOY[job]["steps"] if each.get("name") == name]
    return found


def position(job: str, text: str) -> int:
    """Return the index of the only step that contains `text`."""
    [found] = [index for index, each in enumerate(DEPLOY[job]["steps"]) if text in json.dumps(each)]
    return found


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_google_cloud_needs_an_environment(workflow: str, job: str) -> None:
    """The subject of the identity names the environment, to which the accounts are bound."""
    content = WORKFLOWS[workflow]["jobs"][job]
    authenticates = "google-github-actions/auth" in json.dumps(content)
    assert authenticates == ("environment" in content)
    if authenticates:
        assert content["permissions"]["id-token"] == "write"
    accounts = {"preview": "PREVIEW_SERVICE_ACCOUNT", "production": "DEPLOY_SERVICE_ACCOUNT"}
    accounts |= {"renew": "RENEW_SERVICE_ACCOUNT"}
    used = set(re.findall(r"\w+_SERVICE_ACCOUNT", json.dumps(content)))
    assert used == ({accounts[content["environment"]]} if authenticates else set())


def test_documented_identities_are_those_of_environments() -> None:
    """Not of the repository: any of its workflow runs could then deploy to production."""
    assert "attribute.repository" not in DEPLOYMENT
    members = re.findall(r"workloadIdentityPools/github/(\S+?)\"", DEPLOYMENT)
    assert members == ["subject/repo:OWNER/REPO:environment:$3"]
    assert "principalSet:" not in DEPLOYMENT
    called = re.findall(r"^federate (\w+) (\w+) (\w+)$", DEPLOYMENT, re.MULTILINE)
    environments = {environment: (project, account) for project, account, environment in called}
    assert environments == {
        "production": ("PROJECT", "deployer"),
        "renew": ("PROJECT", "renewer"),
        "preview": ("PREVIEW", "previewer"),
    }
    jobs = [job for each in WORKFLOWS.values() for job in each["jobs"].values()]
    assert {job["environment"] for job in jobs if "environment" in job} == set(environments)


def test_documented_variables_are_those_of_the_workflows() -> None:
    documented = set(re.findall(r"gh variable set (\w+)", DEPLOYMENT))
    used = set(re.findall(r"vars\.(\w+)", json.dumps(WORKFLOWS)))
    assert documented == used


def test_preview_runs_no_code_of_the_pull_request() -> None:
    text = json.dumps(DEPLOY["preview"])
    assert text.count("actions/checkout@") == 1
    checkout = DEPLOY["preview"]["steps"][0]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    for right in ("vars.FIREBASE_PROJECT", "vars.WORKLOAD_IDENTITY_PROVIDER", "vars.DEPLOY_SERVICE_ACCOUNT"):
        assert right not in text
    after = DEPLOY["preview"]["steps"][position("preview", "google-github-actions/auth") + 1 :]
    programs = re.findall(r"^\s*(?:\w+=\$\()?(\S+)", after[0]["run"].replace("\\\n", ""), re.MULTILINE)
    assert len(after) == 1
    assert programs == ["frontend/node_modules/.bin/firebase", "jq", "gh"]


ROLLBACKS = {"Roll back the model": "publish", "Roll back the site": "deploy"}


@pytest.mark.parametrize("name", ROLLBACKS)
def test_each_rollback_runs_on_failure_and_cancellation(name: str) -> None:
    condition = step("production", name)["if"]
    assert condition == f"${{{{ (failure() || cancelled()) && steps.{ROLLBACKS[name]}.outcome != 'skipped' }}}}"
    rolled_back = [index for index, each in enumerate(DEPLOY["production"]["steps"]) if each.get("name") in ROLLBACKS]
    steps = len(DEPLOY["production"]["steps"])
    assert rolled_back == [steps - 2, steps - 1]


@pytest.mark.parametrize(
    ("name", "variables", "command"),
    [
        ("Roll back the model", {"RELEASE": "0123456789abcdef"}, "-m ml release rollback --project p 0123456789abcdef"),
        (
            "Roll back the model",
            {"RELEASE": "0123456789abcdef", "DAYS": "90"},
            "-m ml release rollback --project p 0123456789abcdef --expires-days 90",
        ),
        ("Roll back the model", {"RELEASE": ""}, None),
        ("Roll back the site", {"SAVED": "success"}, "hosting:clone p:before p:live --project p"),
        ("Roll back the site", {"SAVED": "failure"}, None),
        ("Roll back the site", {"SAVED": "skipped"}, None),
    ],
)
def test_rollback_restores_what_was_saved(
    tmp_path: Path, name: str, variables: dict[str, str], command: str | None
) -> None:
    for program in (".nox/env/bin/python", "frontend/node_modules/.bin/firebase"):
        file = tmp_path / program
        file.parent.mkdir(parents=True)
        file.write_text('#!/bin/sh\necho "$@" > ran\n')
        file.chmod(0o755)
    environ = {**os.environ, "PROJECT": "p", **variables}
    script = ["bash", "-eo", "pipefail", "-c", step("production", name)["run"]]
    done = subprocess.run(script, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    ran = tmp_path / "ran"
    assert (done.returncode, ran.read_text().strip() if ran.exists() else None) == (0 if command else 1, command)
    assert ("::error::" in done.stdout) == (command is None)


def test_refused_rollback_of_the_model_is_reported(tmp_path: Path) -> None:
    """For example, if the release before was not signed."""
    program = tmp_path / ".nox/env/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    environ = {**os.environ, "PROJECT": "p", "RELEASE": "0123456789abcdef"}
    script = ["bash", "-eo", "pipefail", "-c", step("production", "Roll back the model")["run"]]
    done = subprocess.run(script, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "::error::The model was not rolled back" in done.stdout


def test_renewal_trusts_the_keys_of_the_deployment() -> None:
    """During a rotation, the current release is signed by the other key."""
    production = DEPLOY["production"]["env"]["DIGITS_TRUSTED_KEYS"]
    renewal = (ROOT / ".github" / "workflows" / "renew.yml").read_text()
    assert f"DIGITS_TRUSTED_KEYS: {production}" in renewal


def test_state_is_saved_before_it_is_changed() -> None:
    order = ["Save the id of the current release", "Save the live site", "Publish the model", "Deploy the rules"]
    positions = [position("production", f'"name": "{name}') for name in order]
    assert positions == sorted(positions)
    assert DEPLOY["production"]["needs"] == ["build", "sign"]


def test_deployed_files_are_attested(tmp_path: Path) -> None:
    """The deployment writes config.json, so the built site differs from the deployed one."""
    pack = position("production", "Pack the deployed files")
    assert pack > position("production", "Deploy the rules and the site")
    assert '"name": "deployed"' in json.dumps(DEPLOY["production"]["steps"][pack + 1])
    downloaded = re.findall(r'"name": "(\w+)", "path"', json.dumps(DEPLOY["attest"]))
    assert downloaded == ["deployed", "signatures"]

    out, model = tmp_path / "frontend" / "out", tmp_path / "frontend" / "public" / "model"
    for file in (out / "config.json", out / "_next" / "x.js", out / ".built", model / "manifest.json"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name)
    digests = []
    for _ in range(2):
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", DEPLOY["production"]["steps"][pack]["run"]], cwd=tmp_path, check=True
        )
        digests.append([(tmp_path / "deployed" / f"{name}.tar.gz").read_bytes() for name in ("site", "model")])
        os.utime(out / "config.json")
        listed = [
            subprocess.run(["tar", "tzf", f"deployed/{name}.tar.gz"], cwd=tmp_path, capture_output=True, check=True)
            for name in ("site", "model")
        ]
        shutil.rmtree(tmp_path / "deployed")
    assert digests[0] == digests[1]
    files = [each for done in listed for each in done.stdout.decode().split() if not each.endswith("/")]
    assert files == ["site/_next/x.js", "site/config.json", "model/manifest.json"]
