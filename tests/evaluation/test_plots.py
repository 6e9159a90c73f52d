"""Contents of the figures, which are inspected and not rendered except in the test of `save`."""

import resource

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.image import imread

from ml.evaluation import metrics, plots
from ml.evaluation.results import Arm, BaselineResult, BaselineSet, DigitResult, Spread, TrainingSummary

HISTORY = [
    {"epoch": epoch, "loss": loss, "accuracy": 0.7, "val_loss": val_loss, "val_accuracy": val_accuracy}
    for epoch, (loss, val_loss, val_accuracy) in enumerate([(1, 0.5, 0.9), (0.5, 0.2, 0.97), (0.2, 0.3, 0.95)])
]


def texts(axis):
    return [text.get_text() for text in axis.texts]


def lines(axis):
    """Label → points of each line that the legend shows."""
    return {
        line.get_label(): list(zip(*line.get_data(), strict=True))
        for line in axis.lines
        if not line.get_label().startswith("_")
    }


def shown_images(figure):
    return [axis for axis in figure.axes if axis.images]


def images(n):
    """Images that differ in their first pixel."""
    result = np.zeros((n, 28, 28), np.uint8)
    result[:, 0, 0] = np.arange(n)
    return result


def probabilities(*rows):
    """One row for each (prediction, confidence)."""
    p = np.zeros((len(rows), 10))
    for row, (predicted, confidence) in zip(p, rows, strict=True):
        row[:] = (1 - confidence) / 9
        row[predicted] = confidence
    return p


def test_learning_curves_mark_the_epoch_with_the_best_validation_accuracy():
    figure = plots.learning_curves(HISTORY, "run")
    loss, accuracy = figure.axes
    assert figure.get_suptitle() == "run"
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert loss.get_xlabel() == accuracy.get_xlabel() == "epoch"
    assert loss.get_yscale() == "log"
    assert lines(loss)["training (augmented)"] == [(1, 1), (2, 0.5), (3, 0.2)]
    assert lines(loss)["validation"] == [(1, 0.5), (2, 0.2), (3, 0.3)]
    assert lines(accuracy)["training (augmented)"] == [(1, 0.7), (2, 0.7), (3, 0.7)]
    assert lines(accuracy)["validation"] == [(1, 0.9), (2, 0.97), (3, 0.95)]
    for axis in (loss, accuracy):
        assert [x for x, _ in lines(axis)["kept: epoch 2"]] == [2, 2]
    assert accuracy.get_ylim() == pytest.approx((0.89, 1))
    assert [text.get_text() for text in loss.get_legend().get_texts()] == [*lines(loss)]


def test_confusion_matrix_shows_all_counts_and_colours_the_mistakes():
    counts = np.zeros((10, 10), int)
    counts[3, 3], counts[3, 5], counts[9, 4] = 70, 2, 8
    figure = plots.confusion_matrix(counts, "title")
    [axis] = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel(), figure.get_suptitle()) == ("prediction", "label", "title")
    assert {text.get_position(): text.get_text() for text in axis.texts} == {(3, 3): "70", (5, 3): "2", (4, 9): "8"}
    weights = {text.get_text(): text.get_fontweight() for text in axis.texts}
    assert weights == {"70": "normal", "2": "bold", "8": "bold"}
    coloured = axis.images[0].get_array()
    assert (coloured[3, 3], coloured[3, 5], coloured[9, 4], coloured.sum()) == (0, 2, 8, 10)
    assert axis.images[0].get_clim()[1] >= 8


def test_confusion_matrix_without_mistakes_has_a_colour_scale():
    [axis] = plots.confusion_matrix(np.eye(10, dtype=int) * 5, "all correct").axes
    assert axis.images[0].get_clim() == (0, 1.4)
    assert texts(axis) == ["5"] * 10


def test_mistakes_show_the_most_confident_first():
    labels = np.array([1, 2, 3, 4])
    figure = plots.mistakes(images(4), labels, probabilities((1, 0.99), (7, 0.6), (8, 0.9), (0, 0.7)), limit=2)
    assert figure.get_suptitle() == "3 of 4 misclassified; the 2 most confident"
    shown = shown_images(figure)
    assert [axis.get_title() for axis in shown] == ["3 → 8  90%", "4 → 0  70%"]
    assert [axis.images[0].get_array()[0, 0] for axis in shown] == [2, 3]
    assert shown[0].images[0].get_clim() == (0, 255)
    assert not any(axis.axison for axis in figure.axes)


def test_mistakes_of_a_perfect_network_show_no_image():
    figure = plots.mistakes(images(1), np.array([0]), probabilities((0, 0.9)))
    assert figure.get_suptitle() == "0 of 1 misclassified; the 0 most confident"
    assert shown_images(figure) == []


def test_tiles_are_in_rows_of_eight():
    figure = plots.mistakes(images(9), np.zeros(9, int), probabilities(*[(1, 0.9)] * 9))
    assert len(figure.axes) == 16
    assert len(shown_images(figure)) == 9


def test_non_digits_count_those_that_reach_the_threshold():
    figure = plots.non_digits(images(4), probabilities((1, 0.5), (2, 0.8), (3, 0.7), (4, 0.9)), threshold=0.8, limit=3)
    assert figure.get_suptitle() == "2 of 4 non-digits are accepted as digits; the 3 most confident"
    shown = shown_images(figure)
    assert [axis.get_title() for axis in shown] == ["4?  90%", "2?  80%", "3?  70%"]
    assert [axis.images[0].get_array()[0, 0] for axis in shown] == [3, 1, 2]


def test_reliability_shows_accuracy_confidence_and_counts_of_each_bin():
    labels = np.zeros(24, int)
    logits = np.log(probabilities(*[(0, 0.91)] * 18, *[(1, 0.91)] * 2, *[(1, 0.5)] * 4))
    before, after = metrics.calibration_result(labels, logits), metrics.calibration_result(labels, logits, 2)
    figure = plots.reliability({"before": before, "after": after}, "title")
    above, other_above, below, _ = figure.axes
    assert (
        above.get_title()
        == f"before\nECE {before.expected_calibration_error:.2%}, NLL {before.negative_log_likelihood:.4f}"
    )
    assert other_above.get_title().startswith(f"after\nECE {after.expected_calibration_error:.2%}")
    bars = above.patches[:15]
    assert [bar.get_height() for bar in bars] == pytest.approx([0] * 13 + [0.9, 0])
    assert bars[13].get_x() + bars[13].get_width() / 2 == pytest.approx(13.5 / 15)
    assert [bar.get_alpha() for bar in bars][7] == 0.3  # only four images
    assert [bar.get_alpha() for bar in bars][13] == 0.85
    assert lines(above)["confidence"] == [(pytest.approx(0.5),) * 2, (pytest.approx(0.91),) * 2]
    assert [bar.get_height() for bar in below.patches] == [0] * 7 + [4] + [0] * 5 + [20, 0]
    assert texts(below) == ["4", "20"]
    assert (above.get_ylabel(), below.get_ylabel(), below.get_xlabel()) == ("accuracy", "images", "confidence")
    assert {text.get_text() for text in above.get_legend().get_texts()} == {"accuracy", "confidence"}


def test_ink_shows_errors_in_percent_and_highlight_the_worst():
    accuracies = {0: 1.0, 1: None, 2: 0.9, 3: 0.98}
    digits = [DigitResult(digit=d, images=0 if a is None else 50, accuracy=a) for d, a in accuracies.items()]
    figure = plots.ink(digits, {"7": 0.8, "12": 0.95}, "writer", "title")
    left, right = figure.axes
    assert (left.get_xlabel(), right.get_xlabel(), left.get_ylabel()) == ("digit", "writer", "misclassified, %")
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["0", "2", "3"]  # no images of 1
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["7", "12"]
    assert [bar.get_height() for bar in left.patches] == pytest.approx([0, 10, 2])
    assert [bar.get_height() for bar in right.patches] == pytest.approx([20, 5])
    assert texts(left) == ["0.0", "10.0", "2.0"]
    for axis, worst in ((left, 1), (right, 0)):
        highlighted = [same_color(bar.get_facecolor(), plots.ACCENT) for bar in axis.patches]
        assert highlighted == [i == worst for i in range(len(axis.patches))]


def test_corruptions_are_sorted_and_those_below_the_mean_are_highlighted():
    [axis] = plots.corruptions({"fog": 0.9, "dotted_line": 0.3, "scale": 0.6}, "title").axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["fog", "scale", "dotted line"]
    assert [bar.get_width() for bar in axis.patches] == pytest.approx([90, 60, 30])
    highlighted = [same_color(bar.get_facecolor(), plots.ACCENT) for bar in axis.patches]
    assert highlighted == [False, False, True]
    assert "mean 60.0" in texts(axis)
    assert {"90.0", "60.0", "30.0"} < set(texts(axis))
    assert axis.lines[0].get_xdata() == pytest.approx([60, 60])
    assert axis.get_xlabel() == "accuracy, %"


def test_rejection_shows_both_distributions_the_threshold_and_the_risk():
    digits, non_digits = np.array([0.95] * 3 + [0.35]), np.array([0.15, 0.35])
    measured = metrics.rejection_result(digits, np.array([True, True, True, False]), non_digits, threshold=0.4)
    left, right = plots.rejection(digits, non_digits, measured, "title").axes
    heights = [bar.get_height() for bar in left.patches]
    assert len(heights) == 90  # two histograms
    assert [sum(heights[:45]), sum(heights[45:])] == pytest.approx([100, 100])
    assert max(heights[:45]) == pytest.approx(75)
    legend = [text.get_text() for text in left.get_legend().get_texts()]
    assert legend == ["digits, 4", "non-digits, 2"]
    assert left.lines[0].get_xdata() == [0.4, 0.4]
    assert texts(left) == ["threshold 0.40:\n75.0% of digits accepted,\n100.0% of non-digits rejected"]
    assert left.get_title() == "AUROC 0.9375"
    assert lines(right)["digits only"][-1] == pytest.approx((100, 25))
    assert lines(right)["digits and non-digits"][-1] == pytest.approx((100, 50))
    assert right.get_xlabel() == "answered, the most confident first, %"


SUMMARY = TrainingSummary(
    epochs=1,
    least_val_loss_epoch=1,
    least_val_loss=0.1,
    last_val_loss=0.1,
    kept_epoch=1,
    kept_val_accuracy=0.9,
    last_val_accuracy=0.9,
    early_stop_epoch=1,
    early_stop_val_accuracy=0.9,
)


def test_comparison_has_one_panel_for_each_metric_that_an_arm_has():
    one = Arm(
        name="one",
        seeds=(0, 1),
        metrics={"accuracy": Spread(mean=0.9, std=0.01), "auroc": Spread(mean=0.5, std=None)},
        training=(SUMMARY,),
    )
    two = Arm(name="two", seeds=(0,), metrics={"accuracy": Spread(mean=0.8, std=None)}, training=(SUMMARY,))
    figure = plots.comparison([one, two])
    accuracy, auroc = figure.axes
    assert (accuracy.get_title(), auroc.get_title()) == ("test accuracy (%)", "AUROC, digits against non-digits")
    assert [tick.get_text() for tick in accuracy.get_yticklabels()] == ["one (2)", "two (1)"]
    points = [container.lines[0].get_data() for container in accuracy.containers]
    assert [(float(x[0]), float(y[0])) for x, y in points] == [(90, 0), (80, 1)]
    [segment] = accuracy.containers[0].lines[2][0].get_segments()
    assert segment[:, 0] == pytest.approx([89, 91])
    assert len(auroc.containers) == 1
    assert accuracy.get_ylim() == (1.5, -0.5)


def test_comparison_hides_panels_without_a_metric():
    names = ("accuracy", "auroc", "weighted_f1", "mnist_c_accuracy")
    arm = Arm(name="one", seeds=(0,), metrics={name: Spread(mean=0.5, std=None) for name in names}, training=(SUMMARY,))
    figure = plots.comparison([arm])
    assert [axis.axison for axis in figure.axes] == [True] * 4 + [False] * 2


def test_histories_have_one_column_for_each_run():
    figure = plots.histories({"one": HISTORY, "two": HISTORY[:1]})
    loss, other_loss, accuracy, _ = figure.axes
    assert (loss.get_title(), other_loss.get_title()) == ("one", "two")
    assert lines(loss)["validation"] == [(1, 0.5), (2, 0.2), (3, 0.3)]
    assert lines(accuracy)["training"] == [(1, 0.7), (2, 0.7), (3, 0.7)]
    assert [x for x, _ in lines(loss)["least validation loss: epoch 2"]] == [2, 2]
    assert [x for x, _ in lines(accuracy)["kept: epoch 2"]] == [2, 2]
    assert "kept: epoch 1" in lines(figure.axes[3])
    assert (loss.get_ylabel(), accuracy.get_ylabel(), accuracy.get_xlabel()) == ("loss", "accuracy", "epoch")
    assert accuracy.get_ylim() == pytest.approx((0.895, 1.0005))


def test_baselines_show_errors_and_processor_times():
    def measured(accuracy, **seconds):
        return BaselineSet(images=100, accuracy=accuracy, weighted_f1=accuracy, **seconds)

    forest = BaselineResult(
        name="forest",
        train=1200,
        test=measured(0.9, predict_seconds=0.04),
        strokes=measured(0.8),
        fit_seconds=1234.5,
    )
    errors, times = plots.baselines([forest, BaselineResult(name="CNN", train=1200, test=measured(0.99))]).axes
    assert [tick.get_text() for tick in errors.get_yticklabels()] == ["forest", "CNN"]
    test, strokes = errors.containers
    assert (test.get_label(), strokes.get_label()) == ("MNIST's test images", "pen strokes")
    assert [bar.get_width() for bar in test] == pytest.approx([10, 1])
    assert [bar.get_width() for bar in strokes] == pytest.approx([20, np.nan], nan_ok=True)
    assert texts(errors) == ["10.00", "1.00", "20.00", ""]
    assert texts(times) == ["1,234", "", "< 0.1", ""]
    assert (errors.get_xlabel(), times.get_xlabel()) == ("misclassified, %", "processor seconds")
    assert "1,200 images" in errors.figure.get_suptitle()


def test_galleries_have_a_row_for_each_caption():
    figure = plots.gallery([("three", images(3)), ("two", images(2))], "title")
    assert [text for axis in figure.axes for text in texts(axis)] == ["three", "two"]
    assert len(figure.axes) == 6
    assert len(shown_images(figure)) == 5


def test_figures_are_saved_as_the_same_bytes_each_time(tmp_path):
    for name in ("a.png", "b.png"):
        plots.save(plots.corruptions({"fog": 0.9}, "title"), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert imread(tmp_path / "a.png").shape[:2] == (550, 880)


def test_full_disk_keeps_the_old_figure(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            plots.save(plots.corruptions({"fog": 0.9}, "title"), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
