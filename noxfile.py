"""Tasks. `nox -s demo` runs the whole pipeline; `nox -l` lists all tasks.

Sessions share two environments. `env` (Python) and `web` (Node) create them, and update them only when a lock file
changes. Sessions that run together, as in `nox -s train convert deploy`, are configured with environment variables
(DIGITS_PRESET, DIGITS_DATA_DIR, FIREBASE_PROJECT). A single session also takes the options of its command after `--`:
`nox -s train -- --help`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.append(str(ROOT))

from ml.environment import bypass_proxies_for_loopback, degrade_output  # noqa: E402
from ml.errors import PublishError  # noqa: E402
from ml.firebase.config import LOCAL_FOLDER, demo_project, emulator_port  # noqa: E402
from ml.firebase.ports import local_storage_runs, require_free_port  # noqa: E402
from ml.firebase.target import choose_target  # noqa: E402

bypass_proxies_for_loopback()
degrade_output()

nox.needs_version = ">=2025.10"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests", "e2e"]
nox.options.error_on_missing_interpreters = True
nox.options.stop_on_first_error = True  # so that the last lines of the output name the failed test

FRONTEND = ROOT / "frontend"
LOCK = ROOT / "requirements" / "all.txt"
BIN = ROOT / ".nox" / "env" / "bin"

# TensorFlow 2.19 has no wheels for Python 3.13 and newer. There, uv finds or downloads 3.12.
SUITABLE = (3, 11) <= sys.version_info[:2] <= (3, 12)


@nox.session(venv_backend="uv", python=None if SUITABLE else "3.12", download_python="never" if SUITABLE else "auto")
def env(session: nox.Session) -> None:
    """Create the Python environment that the other sessions share."""
    stamp = Path(session.virtualenv.location) / "installed"
    if _changed(stamp, [LOCK]):
        session.run_install("uv", "pip", "sync", "--require-hashes", str(LOCK), external=True)
        _write_stamp(stamp, [LOCK])


@nox.session(venv_backend="none")
def web(session: nox.Session) -> None:
    """Install the packages of the front end."""
    _require_node(session)
    lock, stamp = FRONTEND / "package-lock.json", FRONTEND / "node_modules" / ".installed"
    if _changed(stamp, [lock]):
        _npm(session, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        _write_stamp(stamp, [lock])


@nox.session(venv_backend="none", requires=["web"])
def site(session: nox.Session) -> None:
    """Build the site into frontend/out."""
    sources = _site_sources()
    stamp = FRONTEND / "out" / ".built"
    if _changed(stamp, sources):
        _npm(session, "run", "build")
        _write_stamp(stamp, sources)


@nox.session(venv_backend="none", requires=["env"])
def train(session: nox.Session) -> None:
    """Train a preset (DIGITS_PRESET, quick unless set) into runs/."""
    _ml(session, "train")


@nox.session(venv_backend="none", requires=["env"])
def evaluate(session: nox.Session) -> None:
    """Evaluate the latest run: metrics.json and plots."""
    _ml(session, "evaluate")


@nox.session(venv_backend="none", requires=["env", "web"])
def convert(session: nox.Session) -> None:
    """Convert the latest run to a release for the browser, and verify it against Keras."""
    _ml(session, "convert")


@nox.session(venv_backend="none", requires=["env"])
def compare(session: nox.Session) -> None:
    """Compare runs: `-- experiment-1 experiment-2 --out FOLDER`."""
    _ml(session, "compare-runs")


@nox.session(venv_backend="none", requires=["env"])
def baselines(session: nox.Session) -> None:
    """Evaluate classical models on the same images as the network (15 minutes)."""
    _ml(session, "baselines")


@nox.session(venv_backend="none", requires=["env"])
def augmentation(session: nox.Session) -> None:
    """Draw digits under the random transformations of a preset."""
    _ml(session, "augmentation")


@nox.session(venv_backend="none", requires=["env", "web"])
def benchmark(session: nox.Session) -> None:
    """Score the bundled release on the public test sets; `-- RECOGNIZER …` scores others."""
    _ml(session, "benchmark")


@nox.session(venv_backend="none", requires=["env"])
def step_time(session: nox.Session) -> None:
    """Time a training step and variants that leave out one part of it (a few minutes)."""
    _python(session, "-m", "benchmarks.training_step", *session.posargs)


@nox.session(venv_backend="none", requires=["env"])
def bundle(session: nox.Session) -> None:
    """Copy the latest release with its metrics and plots into the repository, and write its model card."""
    _ml(session, "bundle")


@nox.session(venv_backend="none", requires=["env", "site"])
def deploy(session: nox.Session) -> None:
    """Publish the latest release to the local emulators, or to the project in FIREBASE_PROJECT."""
    _ml(session, "deploy")


@nox.session(venv_backend="none", requires=["env", "site"])
def app(session: nox.Session) -> None:
    """Serve the built site with the bundled release."""
    _ml(session, "serve", "--bundled")


@nox.session(venv_backend="none", requires=["env", "site"])
def emulators(session: nox.Session) -> None:
    """Serve the built site and the local Storage with the deployed releases."""
    _ml(session, "serve")


@nox.session(venv_backend="none", default=False)
def preflight(session: nox.Session) -> None:
    """Check what `demo` needs as far as possible before installing: options, data folder, Node.js, ports."""
    port = _demo_port(session)
    data = os.environ.get("DIGITS_DATA_DIR")
    if data and not Path(data).is_dir():
        session.error(f"the folder {data} in DIGITS_DATA_DIR does not exist")
    _require_node(session)
    try:
        require_free_port(port, "hosting")
        local_storage_runs(choose_target(demo_project(), None, {}), LOCAL_FOLDER / "storage")
    except PublishError as error:
        session.error(str(error).rstrip("."))


@nox.session(venv_backend="none", requires=["preflight", "env"])
def demo(session: nox.Session) -> None:
    """Train, evaluate, convert, deploy to the local emulators, and serve; `-- --port 5050` chooses the port."""

    def ml(*arguments: str, **variables: str) -> None:
        _python(session, "-m", "ml", *arguments, DIGITS_DEMO="1", **variables)

    ml("train", "--dry-run")  # check the preset and the data before the site is built
    web(session)
    site(session)
    ml("train")
    latest = ROOT / "runs" / "latest"
    if not (latest / "metrics.json").exists():
        ml("evaluate")
    if not (latest / "release").exists():
        ml("convert")
    ml("deploy", FIREBASE_PROJECT="")
    ml("serve", "--port", str(_demo_port(session)))


def _demo_port(session: nox.Session) -> int:
    match session.posargs:
        case []:
            return emulator_port("hosting")
        case ["--port", port] if port.isdecimal() and 0 < int(port) < 2**16:
            return int(port)
    session.error("demo takes only --port PORT. DIGITS_PRESET chooses the preset, and DIGITS_DATA_DIR the data")


@nox.session(venv_backend="none", requires=["env", "web"])
def lint(session: nox.Session) -> None:
    """Check format, style, types and import layers of everything."""
    with _in_background(session, "run", "lint"):
        for command in (
            ("ruff", "format", "--check", "."),
            ("ruff", "check", "."),
            ("mypy",),
            ("lint-imports", "--no-logo"),
            ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *_workflows()),
            ("check-jsonschema", "--builtin-schema", "vendor.dependabot", str(ROOT / ".github" / "dependabot.yml")),
            ("zizmor", "--offline", "--quiet", "--no-progress", ".github"),
        ):
            session.run(str(BIN / command[0]), *command[1:], external=True)


@nox.session(venv_backend="none", requires=["env", "web"])
def tests(session: nox.Session) -> None:
    """Run pytest and Vitest; `-- -m slow` runs the slow ones."""
    with _in_background(session, "test"):
        # Fixtures of a module, such as a trained model, are made once.
        _python(session, "-m", "pytest", "-n", "2", "--dist", "loadfile", *session.posargs)


@nox.session(venv_backend="none", requires=["env"])
def mutants(session: nox.Session) -> None:
    """Run mutation testing of the central modules, and list the surviving mutants."""
    if not session.posargs:
        # mutmut keeps the results of an earlier run even if tests have changed.
        shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    _python(session, "-m", "mutmut", "run", *session.posargs)
    _python(session, "-m", "mutmut", "results")


@nox.session(venv_backend="none", requires=["site"])
def e2e(session: nox.Session) -> None:
    """Test the built site in Chromium, and in Firefox: firefox-esr or the program in FIREFOX_PATH."""
    firefox = os.environ.get("FIREFOX_PATH") or shutil.which("firefox-esr")
    if session.posargs:
        _browser(session, *session.posargs)
    elif firefox is None:
        _browser(session)
        session.warn("Not tested in Firefox: firefox-esr is not installed. Install it or set FIREFOX_PATH.")
    else:
        with _in_background(session, "run", "firefox", FIREFOX_PATH=firefox):
            _browser(session)


@nox.session(venv_backend="none", requires=["site"])
def pictures(session: nox.Session) -> None:
    """Take the screenshots of the site for the README."""
    _browser(session, "pictures", PICTURES=str(ROOT / "visualizations"))


@nox.session(venv_backend="none", requires=["site"])
def measure(session: nox.Session) -> None:
    """Measure the site on an emulated mid-range phone: Lighthouse, time to a prediction, tasks while drawing."""
    _browser(session, "measure", MEASURE=str(ROOT / "visualizations"))


def _require_node(session: nox.Session) -> None:
    for program in ("node", "npm"):
        if not shutil.which(program):
            session.error(
                f"{program} is not installed. The site needs Node.js 20 or newer with npm: https://nodejs.org"
            )
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < 20:
        session.error(f"Node.js is {version}; the site needs 20 or newer: https://nodejs.org")


def _browser(session: nox.Session, *options: str, **variables: str) -> None:
    # Restore the built config.json: after `deploy` or `serve`, it may name a Storage that is not running.
    shutil.copy(FRONTEND / "public" / "config.json", FRONTEND / "out" / "config.json")
    _npm(session, "run", "e2e", "--", *options, **variables)


def _ml(session: nox.Session, command: str, *options: str) -> None:
    _python(session, "-m", "ml", command, *options, *session.posargs)


def _python(session: nox.Session, *arguments: str, **variables: str) -> None:
    # After Ctrl-C, the emulators need time to stop. Without its bytecode, importing TensorFlow takes three times as
    # long, so the first process saves it even where the environment says otherwise.
    variables["PYTHONDONTWRITEBYTECODE"] = ""
    variables["DIGITS_PARENT"] = str(os.getpid())
    session.run(
        str(BIN / "python"), *arguments, env=variables, external=True, interrupt_timeout=30, terminate_timeout=30
    )


def _npm(session: nox.Session, *arguments: str, **variables: str) -> None:
    variables["NEXT_TELEMETRY_DISABLED"] = "1"
    session.run("npm", "--prefix", str(FRONTEND), *arguments, external=True, env=variables)


@contextlib.contextmanager
def _in_background(session: nox.Session, *arguments: str, **variables: str) -> Iterator[None]:
    """Run an npm script in parallel with the body of the `with` statement. If it fails, print its output afterwards."""
    script = f"npm {' '.join(arguments)}"
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["npm", "--prefix", str(FRONTEND), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables, "NEXT_TELEMETRY_DISABLED": "1"},
        )
        try:
            yield
        except KeyboardInterrupt:
            process.terminate()
            raise
        finally:
            failed = process.wait() != 0
            if failed:
                output.seek(0)
                print(output.read().decode(errors="replace"), flush=True)
        if failed:
            session.error(f"`{script}` failed")
        session.log(f"`{script}` passed.")


def _workflows() -> list[str]:
    return [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]


def _site_sources() -> list[Path]:
    """Return the source files of the site, without public/wasm, which the build writes."""
    configuration = [
        FRONTEND / name for name in ("package.json", "package-lock.json", "next.config.ts", "tsconfig.json")
    ]
    files = [
        path for folder in ("src", "scripts", "public") for path in (FRONTEND / folder).rglob("*") if path.is_file()
    ]
    return configuration + sorted(path for path in files if FRONTEND / "public" / "wasm" not in path.parents)


def _changed(stamp: Path, sources: Iterable[Path]) -> bool:
    """Return whether `sources` differ from those of the stamp."""
    return not stamp.is_file() or stamp.read_text(encoding="utf-8") != _digest(sources)


def _write_stamp(stamp: Path, sources: Iterable[Path]) -> None:
    stamp.write_text(_digest(sources), encoding="utf-8")


def _digest(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sources:
        digest.update(os.fsencode(path) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
