"""Run the graph of a release as the site does."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from ml.data.dataset import FloatArray, Images
from ml.errors import ExportError


def run_graph(release: Path, images: Images, nodes: list[str]) -> list[FloatArray]:
    """Run the graph with TensorFlow.js (WASM backend) on Node.

    Args:
        release: A folder with `model.json` and its weight files.
        images: (n, 28, 28).
        nodes: Names of nodes with 10 outputs.

    Returns:
        The outputs (n, 10) of each node.

    Raises:
        ExportError: Node or the site's packages are missing, or the graph could not be run.
    """
    script = Path(__file__).with_name("run_graph.mjs")
    with tempfile.TemporaryDirectory() as scratch:
        pixels, outputs = Path(scratch, "images"), Path(scratch, "outputs")
        pixels.write_bytes(np.ascontiguousarray(images).tobytes())
        try:
            done = subprocess.run(
                ["node", str(script), str(release), str(pixels), str(outputs), *nodes],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise ExportError(
                "Node.js, which compares the graph with Keras, is not installed. Install Node 20 or newer."
            ) from error
        if done.returncode != 0:
            hint = " Run: npm ci --prefix frontend." if "Cannot find module" in done.stderr else ""
            error_line = re.search(r"^\w*Error\b.*", done.stderr, re.MULTILINE)
            reason = error_line[0] if error_line else "no reason given"
            raise ExportError(f"TensorFlow.js could not run the graph: {reason}.{hint}")
        flat = np.frombuffer(outputs.read_bytes(), "<f4")
    return list(flat.reshape(len(nodes), len(images), 10))
