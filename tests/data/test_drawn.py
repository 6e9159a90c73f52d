import numpy as np
import pytest

from ml.data import drawn
from ml.data.drawn import draw_all, draw_varied
from ml.ink.preprocess import from_strokes
from tests.data_files import SAMPLES
from tests.golden import make

CHARACTERS = [sample.strokes for sample in SAMPLES]


def test_varied_drawings_differ_and_stay_in_order():
    images = draw_varied(CHARACTERS, 60, seed=1)
    assert images.shape == (360, 28, 28)
    assert len({image.tobytes() for image in images}) == 360
    assert (images == draw_varied(CHARACTERS, 60, seed=1)).all()
    plain = draw_all(CHARACTERS).reshape(6, -1)
    for i, mean in enumerate(images.reshape(60, 6, -1).mean(axis=0)):
        assert np.argmax([np.corrcoef(mean, p)[0, 1] for p in plain]) == i
    ink = images.reshape(60, 6, -1).mean(axis=2)
    assert (ink.std(axis=0) > 3).all()  # pens of different widths


def test_strokes_are_drawn_as_on_the_page():
    assert (draw_all(CHARACTERS)[0] == from_strokes(make.stroke_cases()["a crossed seven"])).all()


def test_no_characters_are_an_empty_array():
    assert draw_all([]).shape == draw_varied([], 2, seed=0).shape == (0, 28, 28)


def test_some_varied_drawings_have_a_gap():
    line = np.column_stack([np.linspace(0, 100, 60), np.zeros(60)])
    drawings = draw_varied([[line]], 400, seed=0)
    interrupted = [not (np.diff(np.flatnonzero(image.any(axis=0))) == 1).all() for image in drawings]
    assert 0.02 < np.mean(interrupted) < 0.2


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "cache_dir", lambda name: tmp_path / name)
    return tmp_path / "drawn"


def test_named_drawings_are_kept(cache, monkeypatch):
    first = draw_varied(CHARACTERS, 2, seed=0, name="six digits")
    monkeypatch.setattr(drawn, "from_strokes", None)  # drawing would fail
    assert (draw_varied(CHARACTERS, 2, seed=0, name="six digits") == first).all()


@pytest.mark.parametrize(
    ("characters", "times", "seed"),
    [(CHARACTERS[::-1], 2, 0), (CHARACTERS, 3, 0), (CHARACTERS, 2, 1)],
    ids=["characters", "times", "seed"],
)
def test_other_drawings_replace_kept_ones(cache, characters, times, seed):
    draw_varied(CHARACTERS, 2, seed=0, name="six digits")
    other = draw_varied(characters, times, seed, name="six digits")
    assert (other == draw_varied(characters, times, seed)).all()
    assert len(list(cache.iterdir())) == 1


def test_damaged_drawings_are_drawn_again(cache):
    first = draw_all(CHARACTERS, name="six digits")
    (path,) = cache.iterdir()
    path.write_bytes(path.read_bytes()[:200])
    assert (draw_all(CHARACTERS, name="six digits") == first).all()


def test_drawings_need_no_cache(cache):
    cache.write_bytes(b"")  # not a folder
    assert (draw_all(CHARACTERS, name="six digits") == draw_all(CHARACTERS)).all()
