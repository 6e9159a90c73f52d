"""The release that is part of the repository, and the model card that describes it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from ml.errors import DataError, PublishError
from ml.evaluation.results import read_metrics
from ml.files import ROOT, replace_folder, write_text
from ml.release.gate import publish_blocker
from ml.release.model_card import markdown
from ml.release.verify import BUNDLED, Release, read_release
from ml.runs import HISTORY_FILE, METRICS_FILE, PLOTS_FOLDER, RELEASE_FOLDER, relative_to_cwd

PICTURES = ROOT / "visualizations" / "release"
MODEL_CARD = ROOT / "docs" / "model-card.md"


def bundle_release(run: Path, *, below_gate: bool) -> Release:
    """Copy a release into the repository, with the metrics and plots of its evaluation, and write its model card.

    Args:
        run: The folder of a converted run.
        below_gate: Whether a release that fails its gate may be bundled.

    Raises:
        PublishError: There is no valid release in the folder, it must not be published, or it was converted before
            the last evaluation.
        DataError: The run is not evaluated.
    """
    release = read_release(run / RELEASE_FOLDER)
    if blocker := publish_blocker(release, below_gate=below_gate):
        raise PublishError(f"The release in {run} must not be published: {blocker}.")
    if release.report is None or release.report.metrics != read_metrics(run):
        raise PublishError(f"The release in {run} is not of its last evaluation. Run nox -s convert again.")
    with tempfile.TemporaryDirectory() as scratch:
        pictures = shutil.copytree(run / PLOTS_FOLDER, Path(scratch, "pictures"))
        for name in (METRICS_FILE, HISTORY_FILE):
            shutil.copy(run / name, pictures)
        replace_folder(run / RELEASE_FOLDER, BUNDLED)
        replace_folder(pictures, PICTURES)
    write_model_card()
    return release


def write_model_card() -> None:
    """Write the model card of the bundled release.

    Raises:
        PublishError: The bundled release is not valid.
        DataError: It has no report.
    """
    release = read_release(BUNDLED)
    if release.report is None:
        raise DataError(f"The release in {relative_to_cwd(BUNDLED)} has no report; convert and bundle its run again.")
    MODEL_CARD.parent.mkdir(exist_ok=True)
    pictures = os.path.relpath(PICTURES, MODEL_CARD.parent)
    write_text(MODEL_CARD, markdown(release.manifest, release.report, pictures))
