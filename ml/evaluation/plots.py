"""Pictures from metrics, histories and images; each function writes one PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
        axis.xaxis.get_major_locator().set_params(integer=True)
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
    shown = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    captions = [f"{labels[i]} → {predicted[i]}  {confidence[i]:.0%}" for i in shown]
    _tiles(images[shown], captions, f"{len(wrong)} of {len(labels):,} misread; the surest {len(shown)}", path)


def readings(
    images: npt.NDArray[np.uint8], probabilities: npt.NDArray[Any], threshold: float, path: Path, most: int = 32
) -> None:
    """Drawings that are no digits and are read with most confidence: prediction, confidence."""
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    shown = np.argsort(-confidence, kind="stable")[:most]
    captions = [f"{predicted[i]}?  {confidence[i]:.0%}" for i in shown]
    passed = int((confidence >= threshold).sum())
    title = f"{passed} of {len(images):,} drawings that are no digits pass as one; the surest {len(shown)}"
    _tiles(images[shown], captions, title, path)


def _tiles(images: npt.NDArray[np.uint8], captions: list[str], title: str, path: Path, columns: int = 8) -> None:
    rows = max(1, -(-len(images) // columns))
    figure, axes = plt.subplots(rows, columns, figsize=(columns * 1.25, rows * 1.5), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, caption in zip(axes.flat, images, captions, strict=False):
        axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axis.set_title(caption, fontsize=8)
    _save(figure, title, path)


def reliability(panels: dict[str, dict[str, Any]], title: str, path: Path) -> None:
    """Accuracy of each bin of confidence against perfect calibration, and below it how many images the bin holds.

    Args:
        panels: Caption → an entry of metrics.json with `reliability`, `expected_calibration_error` and
            `negative_log_likelihood`.
        title: Above all.
        path: Where to.
    """
    figure, axes = plt.subplots(
        2, len(panels), figsize=(4.6 * len(panels), 5.6), height_ratios=(3, 1), sharex=True, sharey="row", squeeze=False
    )
    for column, (caption, measured) in enumerate(panels.items()):
        bins = measured["reliability"]
        width, top, below = 1 / len(bins), axes[0, column], axes[1, column]
        centres = (np.arange(len(bins)) + 0.5) * width
        accuracy = [b["accuracy"] or 0 for b in bins]
        bars = top.bar(centres, accuracy, width * 0.92, color=INK, alpha=0.85)
        top.bar([0], [0], width, color=INK, alpha=0.85, label="accuracy")  # of no height: the legend's colour
        for bar, b in zip(bars, bins, strict=True):
            if b["images"] < 10:  # too few to mean much
                bar.set_alpha(0.3)
        filled = [b for b in bins if b["images"]]
        top.plot(
            [b["confidence"] for b in filled],
            [b["confidence"] for b in filled],
            "_",
            color=ACCENT,
            markersize=13,
            markeredgewidth=2,
            label="confidence",
        )
        top.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        top.set_title(
            f"{caption}\nECE {measured['expected_calibration_error']:.2%}, "
            f"NLL {measured['negative_log_likelihood']:.4f}",
            fontsize=10,
        )
        counts = [b["images"] for b in bins]
        below.bar(centres, counts, width * 0.92, color="grey", alpha=0.6)
        for x, count in zip(centres, counts, strict=True):
            if count:
                below.text(x, count * 1.15, f"{count:,}", ha="center", fontsize=6, color="dimgrey")
        below.set_yscale("log")
        below.set(xlabel="confidence", xlim=(0, 1), ylim=(0.8, 1e5))
        for axis in (top, below):
            axis.grid(alpha=0.2)
            axis.set_axisbelow(True)
    axes[0, 0].set(ylabel="accuracy", ylim=(0, 1.02))
    axes[0, 0].legend(frameon=False, loc="upper left", fontsize=8, handlelength=1.2)
    axes[1, 0].set_ylabel("images")
    _save(figure, title, path)


def strokes(digits: list[dict[str, Any]], writers: list[dict[str, Any]], title: str, path: Path) -> None:
    """Share of misread digits, digit by digit and writer by writer; both lists are metrics.json's."""
    figure, axes = plt.subplots(1, 2, figsize=(12, 4), width_ratios=(10, max(10, len(writers))), sharey=True)
    for axis, rows, key in ((axes[0], digits, "digit"), (axes[1], writers, "writer")):
        named = [row for row in rows if row["accuracy"] is not None]
        wrong = [100 * (1 - row["accuracy"]) for row in named]
        worst = int(np.argmax(wrong))
        bars = axis.bar(range(len(named)), wrong, color=[ACCENT if i == worst else INK for i in range(len(named))])
        axis.bar_label(bars, [f"{w:.1f}" for w in wrong], fontsize=8, padding=2, color="dimgrey")
        axis.set_xticks(range(len(named)), [row[key] for row in named])
        axis.set_xlabel(key)
        axis.margins(x=0.02)
        _bare(axis)
    axes[0].set_ylabel("misread, %")
    axes[0].set_ylim(0, axes[0].get_ylim()[1] * 1.08)
    _save(figure, title, path)


def corruptions(accuracies: dict[str, float], title: str, path: Path) -> None:
    """Accuracy on each corruption, the worst on top, and the mean."""
    order = sorted(accuracies, key=lambda name: -accuracies[name])
    values = [100 * accuracies[name] for name in order]
    mean = float(np.mean(values))
    figure, axis = plt.subplots(figsize=(8, 5))
    bars = axis.barh(range(len(order)), values, color=[ACCENT if value < mean else INK for value in values])
    axis.bar_label(bars, [f"{value:.1f}" for value in values], fontsize=8, padding=3, color="dimgrey")
    axis.axvline(mean, color="grey", linewidth=1, linestyle=":")
    axis.text(mean - 1, -1, f"mean {mean:.1f}", ha="right", va="center", fontsize=8, color="dimgrey")
    axis.set_yticks(range(len(order)), [name.replace("_", " ") for name in order])
    axis.set(xlabel="accuracy, %", xlim=(0, 106), ylim=(-1.5, len(order) - 0.4))
    axis.tick_params(axis="y", length=0)
    _bare(axis, "x")
    _save(figure, title, path)


def rejection(
    digits: npt.NDArray[Any], others: npt.NDArray[Any], measured: dict[str, Any], title: str, path: Path
) -> None:
    """Confidence of digits and of drawings that are none, and the risk of answering only the surest.

    Args:
        digits: Confidence of each digit, (n,).
        others: Confidence of each other drawing, (m,).
        measured: metrics.json's `rejection`.
        title: Above all.
        path: Where to.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
    edges = np.linspace(0.1, 1, 46)
    for values, colour, label in ((digits, INK, "digits"), (others, ACCENT, "not digits")):
        left.hist(
            values,
            edges,
            weights=np.full(len(values), 100 / len(values)),
            color=colour,
            alpha=0.65,
            label=f"{label}, {len(values):,}",
        )
    shipped = measured["shipped"]
    left.axvline(shipped["threshold"], color="dimgrey", linewidth=1, linestyle="--")
    left.text(
        shipped["threshold"] - 0.012,
        60,
        f"threshold {shipped['threshold']:.2f}:\n{shipped['digits_passing']:.1%} of digits pass,\n"
        f"{shipped['non_digits_rejected']:.1%} of others rejected",
        ha="right",
        va="top",
        fontsize=8,
        color="dimgrey",
    )
    left.set_yscale("log")
    left.set(xlabel="calibrated confidence", ylabel="share, %", xlim=(0.1, 1), ylim=(0.005, 110))
    left.legend(frameon=False, loc="upper left", fontsize=9)
    left.set_title(f"AUROC {measured['auroc']:.4f}", fontsize=10)
    coverage = [100 * point["coverage"] for point in measured["risk_coverage"]]
    for key, colour, label in (("digits", INK, "digits alone"), ("all", ACCENT, "with the non-digits among them")):
        right.plot(
            coverage, [100 * point[key] for point in measured["risk_coverage"]], color=colour, label=label, linewidth=2
        )
    right.set(xlabel="answered, the surest first, %", ylabel="wrong among them, %", xlim=(0, 100), ylim=(0, None))
    right.legend(frameon=False, loc="upper left", fontsize=9)
    right.set_title("risk and coverage", fontsize=10)
    for axis in (left, right):
        _bare(axis, "both")
    _save(figure, title, path)


def comparison(arms: list[dict[str, Any]], columns: Mapping[str, tuple[str, float]], path: Path) -> None:
    """Each arm's figures, one panel a figure: mean, ± one standard deviation over seeds; the first arm's as a line.

    Args:
        arms: `comparison.json`'s, each with `name`, `seeds` and `metrics`.
        columns: Title of a panel → key in `metrics`, factor.
        path: Where to.
    """
    shown = {title: how for title, how in columns.items() if any(how[0] in arm["metrics"] for arm in arms)}
    across = min(len(shown), 3)
    down = -(-len(shown) // across)
    height = 0.9 + 0.27 * len(arms)
    figure, axes = plt.subplots(down, across, figsize=(4.4 * across, height * down + 0.4), sharey=True, squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.axis("off")
    for axis, (title, (key, factor)) in zip(axes.flat, shown.items(), strict=False):
        for y, arm in enumerate(arms):
            if key not in arm["metrics"]:
                continue
            value = arm["metrics"][key]
            mean, spread = factor * value["mean"], factor * (value["std"] or 0)
            axis.errorbar(
                mean, y, xerr=spread or None, fmt="o", color=INK if y == 0 else ACCENT, markersize=5, capsize=3
            )
            if y == 0:
                axis.axvline(mean, color=INK, linewidth=0.8, linestyle=":")
        axis.set_title(title, fontsize=10)
        axis.margins(x=0.12)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        _bare(axis, "both")
    axes[0, 0].set_yticks(range(len(arms)), [f"{arm['name']} ({len(arm['seeds'])})" for arm in arms])
    axes[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    _save(figure, "mean ± standard deviation over the seeds, whose number is in brackets", path)


def histories(runs: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Loss and accuracy over the epochs, one column a run; where validation loss is least and what was kept."""
    figure, axes = plt.subplots(2, len(runs), figsize=(4.2 * len(runs), 6.4), sharex="col", sharey="row", squeeze=False)
    for column, (name, history) in enumerate(runs.items()):
        epochs = [int(row["epoch"]) + 1 for row in history]
        least = epochs[int(np.argmin([row["val_loss"] for row in history]))]
        kept = epochs[int(np.argmax([row["val_accuracy"] for row in history]))]
        for axis, quantity, marked, colour, label in (
            (axes[0, column], "loss", least, "grey", f"least validation loss: epoch {least}"),
            (axes[1, column], "accuracy", kept, "grey", f"kept: epoch {kept}"),
        ):
            axis.plot(epochs, [row[quantity] for row in history], color=INK, linewidth=1.4, label="training")
            axis.plot(
                epochs, [row[f"val_{quantity}"] for row in history], color=ACCENT, linewidth=1.4, label="validation"
            )
            axis.axvline(marked, color=colour, linewidth=1, linestyle=":", label=label)
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.legend(frameon=False, fontsize=8)
            _bare(axis, "both")
        axes[0, column].set_title(name, fontsize=10)
        axes[1, column].set_xlabel("epoch")
    axes[0, 0].set_ylabel("loss")
    axes[0, 0].set_yscale("log")
    axes[1, 0].set_ylabel("accuracy")
    lowest = min(row["val_accuracy"] for history in runs.values() for row in history)
    axes[1, 0].set_ylim(lowest - 0.005, 1.0005)
    _save(figure, "training and validation", path)


def baselines(results: list[dict[str, Any]], path: Path) -> None:
    """Errors and processor time of the classical models, and the error of a network trained on the same images.

    Args:
        results: Entries with `name`, `test`, perhaps `strokes`, and, of the classical models, `fit_seconds`.
        path: Where to.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 0.75 * len(results) + 1.4), sharey=True)
    rows = np.arange(len(results))
    for offset, key, colour, label in (
        (-0.2, "test", INK, "MNIST's test images"),
        (0.2, "strokes", ACCENT, "pen strokes"),
    ):
        errors = [100 * (1 - result[key]["accuracy"]) if key in result else np.nan for result in results]
        bars = left.barh(rows + offset, errors, 0.38, color=colour, label=label)
        left.bar_label(
            bars, ["" if np.isnan(e) else f"{e:.2f}" for e in errors], fontsize=8, padding=3, color="dimgrey"
        )
    left.set(xlabel="misread, %", yticks=rows, yticklabels=[result["name"] for result in results])
    left.invert_yaxis()
    left.margins(x=0.12)
    left.legend(frameon=False, fontsize=9, loc="lower right")
    for offset, colour, label, seconds in (
        (-0.2, INK, "fit", [result.get("fit_seconds", np.nan) for result in results]),
        (
            0.2,
            ACCENT,
            "predict the test images",
            [result["test"].get("predict_seconds", np.nan) for result in results],
        ),
    ):
        shown = [value if np.isnan(value) else max(value, 0.1) for value in seconds]
        bars = right.barh(rows + offset, shown, 0.38, left=0.01, color=colour, label=label)
        words = [
            "" if np.isnan(v) else f"{v:,.0f}" if v >= 10 else f"{v:.1f}" if v >= 0.1 else "< 0.1" for v in seconds
        ]
        right.bar_label(bars, words, fontsize=8, padding=3, color="dimgrey")
    right.set_xscale("log")
    right.set(xlabel="processor seconds", xlim=(0.05, 2000))
    right.legend(frameon=False, fontsize=9, loc="lower right")
    for axis in (left, right):
        _bare(axis, "x")
        axis.tick_params(axis="y", length=0)
    _save(figure, f"classical models and a network, each trained on the same {results[0]['train']:,} images", path)


def gallery(rows: list[tuple[str, npt.NDArray[np.uint8]]], title: str, path: Path) -> None:
    """Rows of images (n, 28, 28), each with its caption on the left."""
    columns = max(len(images) for _, images in rows)
    figure, axes = plt.subplots(
        len(rows), columns, figsize=(0.85 * columns + 2.2, 0.85 * len(rows) + 0.6), squeeze=False
    )
    for row, (caption, images) in zip(axes, rows, strict=True):
        row[0].text(-6, 13.5, caption, ha="right", va="center", fontsize=10)
        for axis in row:
            axis.axis("off")
        for axis, image in zip(row, images, strict=False):
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    _save(figure, title, path)


def _bare(axis: Any, grid: str = "y") -> None:
    axis.grid(axis=grid, alpha=0.2)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _save(figure: Figure, title: str, path: Path) -> None:
    figure.set_layout_engine("constrained")  # which leaves the title its room, however many rows there are
    figure.suptitle(title, fontsize=11)
    # Without the version stamp, the same picture is the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
