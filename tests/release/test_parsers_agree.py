"""Python and the page accept the same documents, byte for byte, and read the same values.

`FUZZ_CASES=14000 python -m pytest tests/release/test_parsers_agree.py` tries more mutations, and `FUZZ_SEED=1` others.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from ml.documents import MAX_BYTES, parse_json
from ml.errors import PublishError
from ml.firebase.site import parse_site_config
from ml.release.manifest import parse_manifest, release_id
from ml.release.pointer import SignedPointer, parse_pointer
from ml.release.report import HeadlineFigures, parse_report
from tests.release.documents import document
from tests.release.mutated import cases

FUZZ_CASES = int(os.environ.get("FUZZ_CASES", "2000"))
FUZZ_SEED = int(os.environ.get("FUZZ_SEED", "0"))


def page_answers(documents: list[tuple[str, bytes]], folder: Path) -> list[Any]:
    """Parse documents with the page's parsers; return `{"problem": …}` for those that are not valid."""
    (folder / "cases").write_bytes(
        b"".join(b"%b %d\n%b" % (kind.encode(), len(data), data) for kind, data in documents)
    )
    script = Path(__file__).with_name("parse_documents.mjs")
    subprocess.run(["node", str(script), str(folder / "cases"), str(folder / "answers")], check=True, timeout=300)
    answers: list[Any] = json.loads((folder / "answers").read_bytes())
    return answers


def python_answer(kind: str, data: bytes) -> Any:
    """Return the values of a document that the page uses, or `{"problem": …}`."""
    try:
        return READERS[kind](data)
    except PublishError as error:
        return {"problem": str(error)}


def manifest_values(data: bytes) -> Any:
    manifest = parse_manifest(data)
    return {
        "release": manifest.release,
        "accuracy": manifest.metrics.accuracy,
        "testImages": manifest.dataset.test,
        "split": manifest.dataset.split,
        "trainImages": manifest.dataset.train,
        "validationImages": manifest.dataset.validation,
        "usesFallbackData": manifest.dataset.fallback,
        "input": manifest.input.name,
        "logits": manifest.outputs.logits,
        "temperature": manifest.calibration.temperature,
        "rejectionThreshold": manifest.calibration.rejection_threshold,
        "files": [file.to_json() for file in manifest.files],
    }


def pointer_values(data: bytes) -> Any:
    pointer = parse_pointer(data)
    signed = isinstance(pointer, SignedPointer) and {
        "version": pointer.version,
        "signedAt": pointer.signed_at,
        "expires": pointer.expires,
        "signature": pointer.signature.value,
        "text": pointer.signed_bytes().decode(),
    }
    return {"release": pointer.release, "manifest": pointer.manifest.to_json(), "signed": signed or None}


def report_values(data: bytes) -> Any:
    report = parse_report(data)
    test = report.metrics.test
    return {
        "temperature": report.metrics.calibration.temperature,
        "test": [
            test.images,
            test.accuracy,
            test.weighted_f1,
            list(test.class_f1),
            list(map(list, test.confusion_matrix)),
        ],
        "corrected": test.corrected and [test.corrected.corrected, test.corrected.left_out],
        "ink_test": report.metrics.ink_test and [report.metrics.ink_test.accuracy, report.metrics.ink_test.left_out],
        "strokes": report.metrics.strokes and report.metrics.strokes.accuracy,
        "unipen": report.metrics.unipen
        and [
            [[lab.lab, lab.images, lab.accuracy] for lab in report.metrics.unipen.labs],
            [report.metrics.unipen.slashed_zeros.images, report.metrics.unipen.slashed_zeros.accuracy],
        ],
        "corruptions": report.metrics.mnist_c and report.metrics.mnist_c.corruptions,
        "rejection": report.metrics.rejection and report.metrics.rejection.shipped.digits_passing,
        "validation_rejection": report.metrics.validation_rejection
        and [
            report.metrics.validation_rejection.tnr_at_99_tpr,
            *[[kind.kind, kind.tnr_at_99_tpr] for kind in report.metrics.validation_rejection.kinds or ()],
        ],
        "seeds": [[seed.seed, *figures(seed)] for seed in report.seeds],
        "teachers": [[teacher.run, *figures(teacher)] for teacher in report.teachers or ()],
        "history": [[row.epoch + 1, (row.model_extra or {}).get("val_loss")] for row in report.history],
        "mistakes": [[each.set_name, each.index, each.label, each.predicted, each.image] for each in report.mistakes],
        "card": [section.to_json() for section in report.card],
        "facts": [report.facts.parameters, report.facts.multiply_adds, report.facts.weights, report.facts.bytes],
    }


def config_values(data: bytes) -> Any:
    config = parse_site_config(data)
    return {"storage": config.storage, "keys": list(config.keys), "version": config.version}


READERS = {"manifest": manifest_values, "pointer": pointer_values, "report": report_values, "config": config_values}


def figures(run: HeadlineFigures) -> list[float | None]:
    return [
        *(run.accuracy, run.weighted_f1, run.corrected_accuracy, run.ink_test_accuracy, run.mnist_c_accuracy),
        *(run.strokes_accuracy, run.unipen_accuracy),
    ]


def page_values(kind: str, answer: Any) -> Any:
    """Return the values of a document that the page read as `python_answer` does."""
    if "problem" in answer or kind != "report":
        return answer
    test, corrected, ink_test, unipen = (answer[key] for key in ("test", "corrected", "inkTest", "unipen"))
    rejection, validation_rejection = answer["rejection"], answer["validationRejection"]
    names = ("accuracy", "weightedF1", "correctedAccuracy", "inkTestAccuracy", "corruptionsAccuracy")
    names += ("strokesAccuracy", "unipenAccuracy")
    return {
        "temperature": answer["temperature"],
        "test": [test[name] for name in ("images", "accuracy", "weightedF1", "classF1", "confusion")],
        "corrected": corrected and [corrected["corrected"], corrected["leftOut"]],
        "ink_test": ink_test and [ink_test["accuracy"], ink_test["leftOut"]],
        "strokes": answer["strokes"] and answer["strokes"]["accuracy"],
        "unipen": unipen
        and [
            [[lab["lab"], lab["images"], lab["accuracy"]] for lab in unipen["labs"]],
            [unipen["slashedZeros"]["images"], unipen["slashedZeros"]["accuracy"]],
        ],
        "corruptions": answer["corruptions"]
        and {kind["name"]: kind["accuracy"] for kind in answer["corruptions"]["kinds"]},
        "rejection": rejection and rejection["digitsPassing"],
        "validation_rejection": validation_rejection
        and [
            validation_rejection["rejectedAt99"],
            *[[kind["kind"], kind["rejectedAt99"]] for kind in validation_rejection["kinds"]],
        ],
        "seeds": [[seed["seed"], *(seed[name] for name in names)] for seed in answer["seeds"]],
        "teachers": [[teacher["run"], *(teacher[name] for name in names)] for teacher in answer["teachers"]],
        "history": [[row["epoch"], row["validationLoss"]] for row in answer["history"]],
        "mistakes": [
            [each[name] for name in ("set", "index", "label", "predicted", "pixels")] for each in answer["mistakes"]
        ],
        "card": answer["card"],
        "facts": [answer["facts"][name] for name in ("parameters", "multiplyAdds", "weights", "bytes")],
    }


def manifest_with(text: str) -> bytes:
    """Return a manifest with this JSON text as the value of an experiment's further setting."""
    value = document("manifest")
    value["experiment"]["new"] = "the value"
    data = json.dumps(value).replace('"the value"', text).encode("utf-8", "surrogatepass")
    with suppress(ValueError):
        return data.replace(value["release"].encode(), release_id(parse_json(data)).encode())
    return data


PLAIN = manifest_with("1")
BYTES = {
    "unchanged": (PLAIN, True),
    "as large as permitted": (PLAIN + b" " * (MAX_BYTES - len(PLAIN)), True),
    "larger than permitted": (PLAIN + b" " * (MAX_BYTES + 1 - len(PLAIN)), False),
    "byte order mark": (b"\xef\xbb\xbf" + PLAIN, False),
    "UTF-16": (PLAIN.decode().encode("utf-16"), False),
    "UTF-16 without a mark": (PLAIN.decode().encode("utf-16-le"), False),
    "UTF-32": (PLAIN.decode().encode("utf-32"), False),
    "text after the document": (PLAIN + b"{}", False),
    "zero byte after the document": (PLAIN + b"\0", False),
    "no-break space before the document": (b"\xc2\xa0" + PLAIN, False),
    "nothing": (b"", False),
}
TEXTS = {
    "28 arrays in the experiment": ("[" * 30 + "]" * 30, True),
    "too many arrays": ("[" * 31 + "]" * 31, False),
    "100,000 arrays": ("[" * 100_000 + "]" * 100_000, False),
    "too many objects": ('{"a":' * 31 + "1" + "}" * 31, False),
    "open arrays": ("[" * 100_000, False),
    "NaN": ("NaN", False),
    "Infinity": ("-Infinity", False),
    "infinite float": ("1e999", False),
    "infinite integer": ("1" * 400, False),
    "integer with 5,000 digits": ("1" * 5000, False),
    "large integer": (str(2**53 + 1), True),
    "leading zero": ("01", False),
    "surrogate pair": (r'"\ud83d\ude00"', True),
    "lone surrogate": (r'"\ud83d"', False),
    "encoded lone surrogate": ('"\ud83d"', False),
    "lone surrogate in a key": (r'{"\ude00": 1}', False),
    "control character": ('"\t"', False),
    "delete character": ('"\x7f"', True),
    "key twice": ('{"a": "\\ud800", "a": 1}', True),
    "key twice, first with a number that is not finite": ('{"a": 1e999, "a": 1}', True),
    "key twice, first too deep": ('{"a": ' + "[" * 5000 + "]" * 5000 + ', "a": 1}', False),
    "brackets in a string": (json.dumps('[{"\\' * 50), True),
    "reserved key": ('{"__proto__": 1}', False),
    "inherited key": ('{"toString": 1}', False),
}


def test_boundary_cases_are_read_alike(tmp_path: Path) -> None:
    expected = BYTES | {name: (manifest_with(text), valid) for name, (text, valid) in TEXTS.items()}
    answers = page_answers([("manifest", data) for data, _ in expected.values()], tmp_path)
    accepted = {
        name: ("problem" not in python_answer("manifest", data), "problem" not in answer)
        for (name, (data, _)), answer in zip(expected.items(), answers, strict=True)
    }
    assert accepted == {name: (valid, valid) for name, (_, valid) in expected.items()}


def test_mutated_documents_are_read_alike(tmp_path: Path) -> None:
    documents = list(cases(FUZZ_SEED, FUZZ_CASES))
    accepted = dict.fromkeys(READERS, 0)
    differences = []
    for (kind, data), answer in zip(documents, page_answers(documents, tmp_path), strict=True):
        expected, found = python_answer(kind, data), page_values(kind, answer)
        valid = "problem" not in expected
        accepted[kind] += valid
        if valid != ("problem" not in found) or (valid and expected != found):
            differences.append(f"{kind}\n Python: {str(expected)[:300]}\n page: {str(found)[:300]}\n {data[:3000]!r}")
    assert not differences, f"{len(differences)} of {FUZZ_CASES}, such as:\n" + "\n".join(differences[:8])
    # Neither parser refuses, or accepts, everything.
    for kind, count in accepted.items():
        of_kind = sum(each == kind for each, _ in documents)
        assert of_kind / 20 < count < of_kind / 2, f"{count} of {of_kind} mutations of a {kind} are valid"
