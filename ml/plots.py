"""Pictures from metrics, histories and images; each function writes one PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

INK = "#1f3a5f"
ACCENT = "#c8553d"


def learning_curves(history: list[dict[str, float]], title: str, path: Path) -> None:
    """Loss and accuracy of training and validation over the epochs; the epoch that was kept is marked."""
    epochs = [int(row["epoch"]) + 1 for row in history]
    best = epochs[int(np.argmax([row["val_accuracy"] for row in history]))]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    for axis, quantity in zip(axes, ("loss", "accuracy"), strict=True):
        axis.plot(epochs, [row[quantity] for row in history], color=INK, label="training (augmented)")
        axis.plot(epochs, [row[f"val_{quantity}"] for row in history], color=ACCENT, label="validation")
        axis.axvline(best, color="grey", linewidth=0.8, linestyle=":", label=f"kept: epoch {best}")
        axis.set(xlabel="epoch", ylabel=quantity)
        axis.grid(alpha=0.2)
    axes[0].set_yscale("log")
    # From where validation starts: the first epoch of training would flatten all that follows.
    axes[1].set_ylim(min(row["val_accuracy"] for row in history) - 0.01, 1)
    axes[0].legend(frameon=False)
    _save(figure, title, path)


def confusion_matrix(counts: npt.NDArray[np.int64], title: str, path: Path) -> None:
    """Label against prediction; colour shows the mistakes alone, which the diagonal would drown."""
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure, axis = plt.subplots(figsize=(6.4, 6))
    axis.imshow(mistakes, cmap="OrRd", vmin=0, vmax=max(1, mistakes.max()) * 1.4)
    for label, predicted in np.argwhere(counts > 0):
        right = label == predicted
        axis.text(
            predicted,
            label,
            counts[label, predicted],
            ha="center",
            va="center",
            fontsize=8,
            color="grey" if right else "black",
            fontweight="normal" if right else "bold",
        )
    axis.set(xticks=range(10), yticks=range(10), xlabel="prediction", ylabel="label")
    _save(figure, title, path)


def mistakes(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[Any],
    path: Path,
    most: int = 48,
) -> None:
    """The misread images, those read with most confidence first: label → prediction, confidence."""
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    shown = wrong[np.argsort(-confidence[wrong])][:most]
    columns = 8
    rows = max(1, -(-len(shown) // columns))
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 1.25, rows * 1.5), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, i in zip(axes.flat, shown, strict=False):
        axis.imshow(images[i], cmap="gray_r", vmin=0, vmax=255)
        axis.set_title(f"{labels[i]} → {predicted[i]}  {confidence[i]:.0%}", fontsize=8)
    _save(figure, f"{len(wrong)} of {len(labels):,} misread; the surest {len(shown)}", path)


def _save(figure: Figure, title: str, path: Path) -> None:
    figure.suptitle(title, fontsize=11)
    figure.tight_layout()
    # Without the version stamp, the same picture is the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
