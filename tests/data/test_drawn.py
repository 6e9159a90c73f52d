import numpy as np

from ml.data.drawn import draw_all, draw_varied
from ml.ink.preprocess import from_strokes
from tests.data_files import SAMPLES
from tests.golden import make

CHARACTERS = [sample.strokes for sample in SAMPLES]


def test_varied_drawings_differ_and_stay_in_order():
    images = draw_varied(CHARACTERS, 12, seed=1)
    assert images.shape == (72, 28, 28)
    assert len({image.tobytes() for image in images}) == 72
    assert (images == draw_varied(CHARACTERS, 12, seed=1)).all()
    plain = draw_all(CHARACTERS).reshape(6, -1)
    for i, mean in enumerate(images.reshape(12, 6, -1).mean(axis=0)):
        assert np.argmax([np.corrcoef(mean, p)[0, 1] for p in plain]) == i
    ink = images.reshape(12, 6, -1).mean(axis=2)
    assert (ink.std(axis=0) > 4).all()  # pens of different widths


def test_strokes_are_drawn_as_on_the_page():
    assert (draw_all(CHARACTERS)[0] == from_strokes(make.stroke_cases()["a crossed seven"])).all()


def test_no_characters_are_an_empty_array():
    assert draw_all([]).shape == draw_varied([], 2, seed=0).shape == (0, 28, 28)
