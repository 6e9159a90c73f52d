import json

from ml.runs import point_latest_at, read_history, source, write_json


def test_history_with_a_torn_and_a_repeated_row(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,accuracy,val_accuracy\n0,0.1,0.2\n1,0.3,0.4\n1,0.5,0.6\n2,0.7\n")
    assert [(row["epoch"], row["accuracy"]) for row in read_history(tmp_path)] == [(0, 0.1), (1, 0.5)]
    assert read_history(tmp_path / "nowhere") == []


def test_latest_moves_from_run_to_run(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        point_latest_at(tmp_path / name)
        assert (tmp_path / "latest").resolve() == tmp_path / name
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "latest"}


def test_json_is_replaced_whole(tmp_path):
    for value in ({"b": 1, "a": "é"}, [2]):
        write_json(tmp_path / "x.json", value)
        assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8")) == value
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_source_is_this_checkout():
    found = source()
    assert found["commit"] is None or len(found["commit"]) == 40
