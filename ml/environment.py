"""Environment variables of TensorFlow, which reads them when it is imported."""

from __future__ import annotations

import os


def prepare_tensorflow() -> None:
    """Set the environment variables of TensorFlow that are not set yet. Call it before TensorFlow is imported."""
    # Fatal errors only: TensorFlow's log lines would hide our output.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # The converter of TensorFlow.js prints a welcome message, which requires IPython if output is not a terminal.
    os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")
    # TensorFlow uses oneDNN by default only on processors with instructions such as AVX512_VNNI. Training is faster
    # with it on others, too: see benchmarks/training_step.json.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
