"""Figures of metrics, histories and images."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ml.data.dataset import FloatArray, Images, Labels
from ml.evaluation.headline import HEADLINE
from ml.evaluation.mistakes import misclassified
from ml.evaluation.results import Arm, BaselineResult, CalibrationResult, DigitResult, RejectionResult
from ml.files import write_bytes
from ml.runs import History

INK = "#1f3a5f"
ACCENT = "#c8553d"
FEW_IMAGES = 10  # a reliability bin with fewer is drawn pale


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, atomically; equal figures give equal bytes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110, metadata={"Software": None})
    write_bytes(path, data.getvalue())


def learning_curves(history: History, title: str) -> Figure:
    """Loss and accuracy of training and validation over the epochs; the epoch that was kept is marked."""
    epochs = [int(row["epoch"]) + 1 for row in history]
    kept = epochs[int(np.argmax([row["val_accuracy"] for row in history]))]
    figure, axes = _subplots(title, 1, 2, figsize=(10, 4))
    for axis, quantity in zip(axes[0], ("loss", "accuracy"), strict=True):
        axis.plot(epochs, [row[quantity] for row in history], color=INK, label="training (augmented)")
        axis.plot(epochs, [row[f"val_{quantity}"] for row in history], color=ACCENT, label="validation")
        axis.axvline(kept, color="grey", linewidth=0.8, linestyle=":", label=f"kept: epoch {kept}")
        axis.set(xlabel="epoch", ylabel=quantity)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.2)
    loss, accuracy = axes[0]
    loss.set_yscale("log")
    loss.legend(frameon=False)
    # The low accuracy of the first epochs of training would flatten the curves.
    accuracy.set_ylim(min(row["val_accuracy"] for row in history) - 0.01, 1)
    return figure


def confusion_matrix(counts: npt.NDArray[np.int64], title: str) -> Figure:
    """Label against prediction; the colour scale excludes the diagonal, which would hide the mistakes."""
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure, axes = _subplots(title, figsize=(6.4, 6))
    axis = axes[0, 0]
    axis.imshow(mistakes, cmap="OrRd", vmin=0, vmax=max(1, mistakes.max()) * 1.4)
    for label, predicted in np.argwhere(counts > 0):
        correct = label == predicted
        axis.text(
            predicted,
            label,
            str(counts[label, predicted]),
            ha="center",
            va="center",
            fontsize=8,
            color="grey" if correct else "black",
            fontweight="normal" if correct else "bold",
        )
    axis.set(xticks=range(10), yticks=range(10), xlabel="prediction", ylabel="label")
    return figure


def mistakes(images: Images, labels: Labels, probabilities: FloatArray, limit: int = 48) -> Figure:
    """The misclassified images, the most confident first: label → prediction, confidence."""
    wrong = misclassified(labels, probabilities)
    shown = wrong[:limit]
    captions = [f"{labels[i]} → {probabilities[i].argmax()}  {probabilities[i].max():.0%}" for i in shown]
    title = f"{len(wrong)} of {len(labels):,} misclassified; the {len(shown)} most confident"
    return _tiles(images[shown], captions, title)


def non_digits(images: Images, probabilities: FloatArray, threshold: float, limit: int = 32) -> Figure:
    """The non-digits with the most confident predictions: prediction, confidence."""
    confidence = probabilities.max(axis=1)
    shown = np.argsort(-confidence, kind="stable")[:limit]
    captions = [f"{probabilities[i].argmax()}?  {confidence[i]:.0%}" for i in shown]
    accepted = int((confidence >= threshold).sum())
    title = f"{accepted} of {len(images):,} non-digits are accepted as digits; the {len(shown)} most confident"
    return _tiles(images[shown], captions, title)


def reliability(panels: Mapping[str, CalibrationResult], title: str) -> Figure:
    """Accuracy and mean confidence of each bin of confidence, and below them the number of images in the bin.

    Args:
        panels: Caption → the metrics that are plotted below it.
        title: The title of the figure.
    """
    figure, axes = _subplots(
        title, 2, len(panels), figsize=(4.6 * len(panels), 5.6), height_ratios=(3, 1), sharex=True, sharey="row"
    )
    for (above, below), (caption, measured) in zip(axes.T, panels.items(), strict=True):
        bins = measured.reliability
        width = 1 / len(bins)
        centres = (np.arange(len(bins)) + 0.5) * width
        bars = above.bar(centres, [b.accuracy or 0 for b in bins], width * 0.92, color=INK, alpha=0.85)
        above.bar([0], [0], width, color=INK, alpha=0.85, label="accuracy")  # an invisible bar for the legend
        for bar, b in zip(bars, bins, strict=True):
            if b.images < FEW_IMAGES:
                bar.set_alpha(0.3)
        means = [b.confidence for b in bins if b.confidence is not None]
        above.plot(means, means, "_", color=ACCENT, markersize=13, markeredgewidth=2, label="confidence")
        above.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        above.set_title(
            f"{caption}\nECE {measured.expected_calibration_error:.2%}, NLL {measured.negative_log_likelihood:.4f}",
            fontsize=10,
        )
        counts = [b.images for b in bins]
        below.bar(centres, counts, width * 0.92, color="grey", alpha=0.6)
        for x, count in zip(centres, counts, strict=True):
            if count:
                below.text(x, count * 1.15, f"{count:,}", ha="center", fontsize=6, color="dimgrey")
        below.set_yscale("log")
        below.set(xlabel="confidence", xlim=(0, 1), ylim=(0.8, 1e5))
        for axis in (above, below):
            axis.grid(alpha=0.2)
            axis.set_axisbelow(True)
    axes[0, 0].set(ylabel="accuracy", ylim=(0, 1.02))
    axes[0, 0].legend(frameon=False, loc="upper left", fontsize=8, handlelength=1.2)
    axes[1, 0].set_ylabel("images")
    return figure


def ink(digits: Sequence[DigitResult], groups: Mapping[str, float], kind: str, title: str) -> Figure:
    """Share of misclassified pen strokes for each digit and for each group; the worst of each is highlighted.

    Args:
        digits: The results of the digits.
        groups: Name of a group, such as a writer, to its accuracy.
        kind: What a group is, such as `writer`.
        title: The title of the figure.
    """
    figure, axes = _subplots(title, 1, 2, figsize=(12, 4), width_ratios=(10, max(10, len(groups))), sharey=True)
    of_digits = {str(row.digit): row.accuracy for row in digits if row.accuracy is not None}
    for axis, accuracies, xlabel in ((axes[0, 0], of_digits, "digit"), (axes[0, 1], groups, kind)):
        wrong = [100 * (1 - accuracy) for accuracy in accuracies.values()]
        worst = int(np.argmax(wrong))
        bars = axis.bar(range(len(wrong)), wrong, color=[ACCENT if i == worst else INK for i in range(len(wrong))])
        axis.bar_label(bars, [f"{w:.1f}" for w in wrong], fontsize=8, padding=2, color="dimgrey")
        axis.set_xticks(range(len(wrong)), list(accuracies))
        axis.set_xlabel(xlabel)
        axis.margins(x=0.02)
        _style(axis)
    axes[0, 0].set_ylabel("misclassified, %")
    axes[0, 0].set_ylim(0, axes[0, 0].get_ylim()[1] * 1.08)
    return figure


def corruptions(accuracies: Mapping[str, float], title: str) -> Figure:
    """Accuracy on each corruption, the worst on top, and the mean; those below the mean are highlighted."""
    names = sorted(accuracies, key=lambda name: -accuracies[name])
    values = [100 * accuracies[name] for name in names]
    mean = float(np.mean(values))
    figure, axes = _subplots(title, figsize=(8, 5))
    axis = axes[0, 0]
    bars = axis.barh(range(len(names)), values, color=[ACCENT if value < mean else INK for value in values])
    axis.bar_label(bars, [f"{value:.1f}" for value in values], fontsize=8, padding=3, color="dimgrey")
    axis.axvline(mean, color="grey", linewidth=1, linestyle=":")
    axis.text(mean - 1, -1, f"mean {mean:.1f}", ha="right", va="center", fontsize=8, color="dimgrey")
    axis.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axis.set(xlabel="accuracy, %", xlim=(0, 106), ylim=(-1.5, len(names) - 0.4))
    axis.tick_params(axis="y", length=0)
    _style(axis, "x")
    return figure


def rejection(digits: FloatArray, non_digits: FloatArray, measured: RejectionResult, title: str) -> Figure:
    """Confidence of digits and of non-digits, and the risk if only the most confident images are answered.

    Args:
        digits: Confidence of the digits, (n,).
        non_digits: Confidence of the other drawings, (m,).
        measured: Their metrics.
        title: The title of the figure.
    """
    figure, axes = _subplots(title, 1, 2, figsize=(11, 4.4))
    left, right = axes[0]
    edges = np.linspace(0.1, 1, 46)
    for values, colour, label in ((digits, INK, "digits"), (non_digits, ACCENT, "non-digits")):
        weights = np.full(len(values), 100 / len(values))
        left.hist(values, edges, weights=weights, color=colour, alpha=0.65, label=f"{label}, {len(values):,}")
    shipped = measured.shipped
    left.axvline(shipped.threshold, color="dimgrey", linewidth=1, linestyle="--")
    left.text(
        shipped.threshold - 0.012,
        60,
        f"threshold {shipped.threshold:.2f}:\n{shipped.digits_passing:.1%} of digits accepted,\n"
        f"{shipped.non_digits_rejected:.1%} of non-digits rejected",
        ha="right",
        va="top",
        fontsize=8,
        color="dimgrey",
    )
    left.set_yscale("log")
    left.set(xlabel="calibrated confidence", ylabel="share, %", xlim=(0.1, 1), ylim=(0.005, 110))
    left.legend(frameon=False, loc="upper left", fontsize=9)
    left.set_title(f"AUROC {measured.auroc:.4f}", fontsize=10)
    coverage = [100 * point.coverage for point in measured.risk_coverage]
    for risks, colour, label in (
        ([100 * point.digits for point in measured.risk_coverage], INK, "digits only"),
        ([100 * point.all for point in measured.risk_coverage], ACCENT, "digits and non-digits"),
    ):
        right.plot(coverage, risks, color=colour, label=label, linewidth=2)
    right.set(xlabel="answered, the most confident first, %", ylabel="wrong answers, %", xlim=(0, 100), ylim=(0, None))
    right.legend(frameon=False, loc="upper left", fontsize=9)
    right.set_title("risk and coverage", fontsize=10)
    for axis in (left, right):
        _style(axis, "both")
    return figure


def comparison(arms: Sequence[Arm]) -> Figure:
    """One panel for each headline metric: mean ± standard deviation of each arm, the first arm's mean as a line."""
    shown = [metric for metric in HEADLINE if any(metric.key in arm.metrics for arm in arms)]
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    height = 0.9 + 0.27 * len(arms)
    title = "mean ± standard deviation over the seeds; the number of seeds is in brackets"
    figure, axes = _subplots(title, rows, columns, figsize=(4.4 * columns, height * rows + 0.4), sharey=True)
    for axis in axes.flat[len(shown) :]:
        axis.axis("off")
    for axis, metric in zip(axes.flat, shown, strict=False):
        factor = 100 if metric.is_percentage else 1
        for y, arm in enumerate(arms):
            if metric.key not in arm.metrics:
                continue
            value = arm.metrics[metric.key]
            mean, deviation = factor * value.mean, factor * (value.std or 0)
            colour = ACCENT if y else INK
            axis.errorbar(mean, y, xerr=deviation or None, fmt="o", color=colour, markersize=5, capsize=3)
            if y == 0:
                axis.axvline(mean, color=INK, linewidth=0.8, linestyle=":")
        axis.set_title(metric.title_with_unit, fontsize=10)
        axis.margins(x=0.12)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        _style(axis, "both")
    axes[0, 0].set_yticks(range(len(arms)), [f"{arm.name} ({len(arm.seeds)})" for arm in arms])
    axes[0, 0].set_ylim(len(arms) - 0.5, -0.5)
    return figure


def histories(runs: Mapping[str, History]) -> Figure:
    """Loss and accuracy over the epochs, one column for each run; the least loss and the kept epoch are marked."""
    figure, axes = _subplots(
        "training and validation", 2, len(runs), figsize=(4.2 * len(runs), 6.4), sharex="col", sharey="row"
    )
    for (above, below), (name, history) in zip(axes.T, runs.items(), strict=True):
        epochs = [int(row["epoch"]) + 1 for row in history]
        least = epochs[int(np.argmin([row["val_loss"] for row in history]))]
        kept = epochs[int(np.argmax([row["val_accuracy"] for row in history]))]
        for axis, quantity, marked, label in (
            (above, "loss", least, f"least validation loss: epoch {least}"),
            (below, "accuracy", kept, f"kept: epoch {kept}"),
        ):
            training, validation = ([row[key] for row in history] for key in (quantity, f"val_{quantity}"))
            axis.plot(epochs, training, color=INK, linewidth=1.4, label="training")
            axis.plot(epochs, validation, color=ACCENT, linewidth=1.4, label="validation")
            axis.axvline(marked, color="grey", linewidth=1, linestyle=":", label=label)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.legend(frameon=False, fontsize=8)
            _style(axis, "both")
        above.set_title(name, fontsize=10)
        below.set_xlabel("epoch")
    axes[0, 0].set_ylabel("loss")
    axes[0, 0].set_yscale("log")
    axes[1, 0].set_ylabel("accuracy")
    lowest = min(row["val_accuracy"] for history in runs.values() for row in history)
    axes[1, 0].set_ylim(lowest - 0.005, 1.0005)
    return figure


def baselines(results: Sequence[BaselineResult]) -> Figure:
    """Errors and processor time of classical models, and the error of a network trained on the same images."""
    title = f"classical models and a network, trained on the same {results[0].train:,} images"
    figure, axes = _subplots(title, 1, 2, figsize=(11, 0.75 * len(results) + 1.4), sharey=True)
    errors, times = axes[0]
    rows = np.arange(len(results))

    def error(result: BaselineResult, name: str) -> float:
        measured = getattr(result, name)
        return np.nan if measured is None else 100 * (1 - measured.accuracy)

    for offset, name, colour, label in (
        (-0.2, "test", INK, "MNIST's test images"),
        (0.2, "strokes", ACCENT, "pen strokes"),
    ):
        values = [error(result, name) for result in results]
        bars = errors.barh(rows + offset, values, 0.38, color=colour, label=label)
        errors.bar_label(
            bars, [_unless_nan(v, "{:.2f}".format) for v in values], fontsize=8, padding=3, color="dimgrey"
        )
    errors.set(xlabel="misclassified, %", yticks=rows, yticklabels=[result.name for result in results])
    errors.invert_yaxis()
    errors.margins(x=0.12)
    errors.legend(frameon=False, fontsize=9, loc="lower right")
    for offset, colour, label, seconds in (
        (-0.2, INK, "fit", [result.fit_seconds for result in results]),
        (0.2, ACCENT, "predict the test images", [result.test.predict_seconds for result in results]),
    ):
        values = [np.nan if value is None else value for value in seconds]
        bars = times.barh(rows + offset, np.maximum(values, 0.1), 0.38, left=0.01, color=colour, label=label)
        times.bar_label(bars, [_unless_nan(v, _seconds) for v in values], fontsize=8, padding=3, color="dimgrey")
    times.set_xscale("log")
    times.set(xlabel="processor seconds", xlim=(0.05, 2000))
    times.legend(frameon=False, fontsize=9, loc="lower right")
    for axis in axes[0]:
        _style(axis, "x")
        axis.tick_params(axis="y", length=0)
    return figure


def gallery(rows: Sequence[tuple[str, Images]], title: str) -> Figure:
    """Rows of images (n, 28, 28), each with its caption on the left."""
    columns = max(len(images) for _, images in rows)
    figure, axes = _subplots(title, len(rows), columns, figsize=(0.85 * columns + 2.2, 0.85 * len(rows) + 0.6))
    for row, (caption, images) in zip(axes, rows, strict=True):
        row[0].text(-6, 13.5, caption, ha="right", va="center", fontsize=10)
        for axis in row:
            axis.axis("off")
        for axis, image in zip(row, images, strict=False):
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    return figure


def _tiles(images: Images, captions: Sequence[str], title: str, columns: int = 8) -> Figure:
    rows = max(1, -(-len(images) // columns))
    figure, axes = _subplots(title, rows, columns, figsize=(columns * 1.25, rows * 1.5))
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, caption in zip(axes.flat, images, captions, strict=False):
        axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
        axis.set_title(caption, fontsize=8)
    return figure


def _subplots(
    title: str, rows: int = 1, columns: int = 1, *, figsize: tuple[float, float], **options: Any
) -> tuple[Figure, npt.NDArray[Any]]:
    """Return a figure and its axes (rows, columns)."""
    figure = Figure(figsize, layout="constrained")
    figure.suptitle(title, fontsize=11)
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def _style(axis: Axes, grid: Literal["both", "x", "y"] = "y") -> None:
    axis.grid(axis=grid, alpha=0.2)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _unless_nan(value: float, text: Callable[[float], str]) -> str:
    return "" if np.isnan(value) else text(value)


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 0.1 else "< 0.1"
