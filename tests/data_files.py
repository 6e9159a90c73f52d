"""Small datasets for tests, and small files in place of the published ones: MNIST, pen strokes and non-digits."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from ml.data import mnist
from ml.data.dataset import FALLBACK, Dataset
from ml.data.load import load
from ml.data.mnist import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from ml.data.pendigits import Sample
from ml.evaluation.sets import NON_DIGITS
from ml.files import sha256
from tests.golden import make
from tests.idx import write_idx

CLOSED = "http://127.0.0.1:9/"  # a port without a server

CASES = {name: tuple(np.round(np.array(s)) for s in case if s) for name, case in make.stroke_cases().items()}
SAMPLES = [
    Sample(7, 1, CASES["a crossed seven"]),
    Sample(4, 2, CASES["a four"]),
    Sample(4, 2, CASES["a four"][:1]),
    Sample(2, 3, CASES["a two with a loop"]),
    Sample(0, 6, CASES["a slashed zero"]),
    Sample(5, 4, CASES["a five with its bar apart"]),
]


def small_dataset(train: int = 256) -> Dataset:
    """Return a few of scikit-learn's digits."""
    digits = load(FALLBACK)
    return Dataset(
        "small",
        digits.x_train[:train],
        digits.y_train[:train],
        digits.x_val,
        digits.y_val,
        digits.x_test[:64],
        digits.y_test[:64],
        "stratified",
    )


def write_mnist(folder: Path, train: int = 240, test: int = 30) -> None:
    """Write the four files of MNIST with a few of scikit-learn's digits."""
    small = load(FALLBACK)
    folder.mkdir(parents=True, exist_ok=True)
    write_idx(folder / f"{TRAIN_IMAGES}.gz", small.x_train[:train])
    write_idx(folder / f"{TRAIN_LABELS}.gz", small.y_train[:train].astype(np.uint8))
    write_idx(folder / f"{TEST_IMAGES}.gz", small.x_test[:test])
    write_idx(folder / f"{TEST_LABELS}.gz", small.y_test[:test].astype(np.uint8))


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def accept_as_mnist(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make the checksums of the files in `folder` the published ones, and every other source unreachable."""
    files = {
        file: mnist.Checksums(
            gz_md5=md5(folder / f"{file}.gz"),
            sha256=sha256(gzip.decompress((folder / f"{file}.gz").read_bytes())),
        )
        for file in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    }
    monkeypatch.setattr(mnist, "FILES", files)
    monkeypatch.setattr(mnist, "MIRRORS", (CLOSED, CLOSED))
    monkeypatch.setattr(mnist, "WRITERS_URL", CLOSED)
    monkeypatch.setattr(mnist, "NPM", "npm-that-is-not-installed")


def write_strokes(path: Path) -> str:
    """Write SAMPLES in the UNIPEN form, y up."""
    lines = [".INCLUDE dene.doc", ".HIERARCHY DIGIT"]
    for i, sample in enumerate(SAMPLES):
        lines += ["", f'.SEGMENT DIGIT {i} ? "{sample.label}"', f".COMMENT {sample.label} {sample.writer} {i}"]
        for stroke in sample.strokes:
            lines += [".PEN_DOWN", *(f" {x:.0f}  {500 - y:.0f}" for x, y in stroke), ".PEN_UP", ".DT 100"]
        lines += [".PEN_DOWN", ".PEN_UP", ".DT 100"]
    text = "\n".join(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return text


def write_non_digits(folder: Path) -> list[list[list[list[int]]]]:
    drawings = [[[[0, 0], [5, 9]], [[5, 9], [10, 0]]], [[[0, 0], [9, 9]]]]
    (folder / "strokes").mkdir(exist_ok=True)
    for name in NON_DIGITS:
        content = json.dumps({"samples": [{"strokes": drawing, "label": "A"} for drawing in drawings]})
        (folder / "strokes" / name).write_bytes(gzip.compress(content.encode()))
    return drawings
