#!/usr/bin/env python3
"""Models as others read them: onnxruntime gives the same probabilities within 1e-6, the safetensors
library the same tensors, and the Python in docs/model-files.md runs.

usage: onnx_test.py WRITER        the program crossent_model_writer

Runs itself with the Python of build/venv, where ./dev test installs the packages.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "build" / "venv"
if pathlib.Path(sys.prefix).resolve() != VENV.resolve():
    if not (VENV / "bin" / "python").exists():
        sys.exit("onnx_test.py: there is no build/venv with numpy, onnx, onnxruntime and "
                 "safetensors: ./dev test makes it")
    os.execv(VENV / "bin" / "python", [VENV / "bin" / "python", *sys.argv])
try:
    import numpy as np
    import onnx
    import onnxruntime
    import safetensors
    import safetensors.numpy
except ImportError as error:
    sys.exit(f"onnx_test.py: {error} in build/venv: ./dev test installs it")

TOLERANCE = {np.float32: 1e-6, np.float64: 1e-13}
failures = []


def check(holds, what):
    if not holds:
        failures.append(what)
        print("failed:", what)


def inputs_of(wanted, entries):
    """The tensors of the rows, under the names that the model's metadata give."""
    texts = [entry for entry, column in zip(entries, wanted["columns"]) if column["levels"]]
    fed = {entry["input"]: np.array([[row[i]] for row in wanted["texts"]], dtype=object)
           for i, entry in enumerate(texts)}
    if len(texts) < len(entries):
        fed["features"] = np.array([[np.nan if x is None else x for x in row]
                                    for row in wanted["numbers"]])
    return fed


def check_graph(name, path, wanted):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    check(model.ir_version == 7 and model.producer_name == "crossent", f"{name}: header")
    check({o.domain: o.version for o in model.opset_import} == {"": 13, "ai.onnx.ml": 1},
          f"{name}: opsets")
    metadata = {p.key: json.loads(p.value) for p in model.metadata_props}
    for key in ("classes", "targets"):
        check(metadata[key] == wanted[key], f"{name}: {key} in the metadata")
    check([entry["name"] for entry in metadata["inputs"]] ==
          [column["name"] for column in wanted["columns"]], f"{name}: inputs in the metadata")
    return metadata["inputs"]


def check_runs(name, path, wanted, entries):
    """Returns the largest difference of a probability."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # the refusal below is wanted
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    fed = inputs_of(wanted, entries)
    check({i.name for i in session.get_inputs()} == set(fed), f"{name}: input names")
    got = dict(zip([o.name for o in session.get_outputs()], session.run(None, fed)))
    several = len(wanted["targets"]) > 1
    check(set(got) == ({"probabilities"} if several else {"probabilities", "label"}),
          f"{name}: output names")
    p = got["probabilities"]
    type_ = np.float64 if wanted["f64"] else np.float32
    check(p.dtype == type_, f"{name}: type {p.dtype}")
    # onnxruntime has erf of f32 alone.
    tolerance = TOLERANCE[np.float32 if "gelu" in name else type_]
    expected = np.array(wanted["probabilities"])
    check(p.shape == expected.shape, f"{name}: shape {p.shape}")
    difference = np.abs(p - expected).max()
    check(difference <= tolerance, f"{name}: probabilities differ by {difference}")
    if not several:
        check(np.array_equal(got["label"], wanted["labels"]), f"{name}: labels")
        check(np.allclose(p.sum(axis=1), 1, rtol=0, atol=tolerance), f"{name}: sums")
    empty = session.run(["probabilities"], {key: value[:0] for key, value in fed.items()})[0]
    check(empty.shape == (0, expected.shape[1]), f"{name}: no rows")
    check_odd_rows(name, session, fed, wanted["columns"], entries)
    return difference


def check_odd_rows(name, session, fed, columns, entries):
    """What nothing stands for: a missing number stays missing, an unknown text is refused."""
    numbers = [column for column in columns if not column["levels"]]
    for i, column in enumerate(numbers):
        features = fed["features"].copy()
        features[0, i] = np.nan
        p = session.run(["probabilities"], {**fed, "features": features})[0]
        check(np.isnan(p[0]).all() != column["filled"] and np.isfinite(p[1:]).all(),
              f"{name}: a missing {column['name']}")
    filled = {e["input"] for e, c in zip(entries, columns) if c["filled"]}
    for text in fed.keys() - {"features"}:
        try:
            session.run(None, {**fed, text: np.full_like(fed[text], "unknown")})
            check(text in filled, f"{name}: an unknown {text} is refused")
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
            pass


def check_tensors(name, path, wanted):
    tensors = safetensors.numpy.load_file(path)
    check(len(tensors) == 2 * len(wanted["layers"]), f"{name}: number of tensors")
    for i, layer in enumerate(wanted["layers"]):
        for part in ("weight", "bias"):
            tensor = tensors[f"layers.{i}.{part}"]
            expected = np.array(layer[part], dtype=np.float64 if wanted["f64"] else np.float32)
            check(tensor.dtype == expected.dtype and np.array_equal(tensor, expected),
                  f"{name}: layers.{i}.{part}")
    with safetensors.safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    check(metadata["format"] == "crossent-model" and metadata["version"] == "1",
          f"{name}: format and version")
    data = path.read_bytes()
    zeroed = data.replace(metadata["crc32"].encode(), b"00000000", 1)
    check(f"{zlib.crc32(zeroed):08x}" == metadata["crc32"], f"{name}: checksum")
    # The library itself lays the tensors out in the same way.
    theirs = safetensors.numpy.save(tensors, metadata)
    check(theirs[-sum(t.nbytes for t in tensors.values()):] ==
          data[8 + int.from_bytes(data[:8], "little"):], f"{name}: layout")


def check_document(folder):
    """Runs the Python of the document on a model of the four columns of iris."""
    text = (ROOT / "docs" / "model-files.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    check(len(blocks) >= 1, "docs/model-files.md shows Python")
    for suffix in ("crossent", "onnx"):
        (folder / f"model.{suffix}").symlink_to(folder / f"iris_f32.{suffix}")
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=folder, capture_output=True,
                              text=True)
        check(done.returncode == 0, f"the Python of docs/model-files.md: {done.stderr}")


def main():
    largest = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for run in ("a", "b"):
            (folder / run).mkdir()
            subprocess.run([sys.argv[1], folder / run], check=True)
        paths = sorted((folder / "a").glob("*.json"))
        check(len(paths) >= 20, f"{len(paths)} models")
        for path in paths:
            wanted, name = json.loads(path.read_text()), path.stem
            graph, tensors = path.with_suffix(".onnx"), path.with_suffix(".crossent")
            for file in (graph, tensors):
                check(file.read_bytes() == (folder / "b" / file.name).read_bytes(),
                      f"{file.name}: the same bytes")
            entries = check_graph(name, graph, wanted)
            largest = max(largest, check_runs(name, graph, wanted, entries))
            check_tensors(name, tensors, wanted)
        check_document(folder / "a")
    print(f"{len(paths)} models, {len(failures)} failures; probabilities differ by at most "
          f"{largest:.2g}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
