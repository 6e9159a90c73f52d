import numpy as np

from ml.ink.preprocess import from_strokes
from ml.training import signs


def test_random_signs_are_of_every_kind_and_differ():
    rng = np.random.default_rng(0)
    drawn = [signs.random_sign(rng) for _ in range(400)]
    shapes = {tuple(len(stroke) for stroke in strokes) for strokes in drawn}
    expected = {tuple(len(s.split()) for s in strokes) for strokes in signs._ANGULAR.values()}
    assert expected <= shapes
    assert len({np.concatenate(strokes).tobytes() for strokes in drawn}) == 400


def test_minus_stays_flat():
    # A minus that was rotated too far would be a 1.
    rng = np.random.default_rng(1)
    drawn = [strokes for strokes in (signs.random_sign(rng) for _ in range(2000)) if [len(s) for s in strokes] == [2]]
    assert len(drawn) > 20
    for (stroke,) in drawn:
        width, height = np.ptp(stroke, axis=0)
        assert width > 1.5 * height


def test_corners_are_cut_but_the_ends_stay():
    corner = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]])
    smooth = signs._cut_corners(corner)
    assert (smooth[[0, -1]] == corner[[0, -1]]).all()
    assert not (smooth == corner[1]).all(axis=1).any()
    assert from_strokes([smooth.tolist()]).any()
