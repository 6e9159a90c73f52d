"""Designs, trains, evaluates, converts and publishes a CNN that reads handwritten digits."""

import os

# TensorFlow.js' converter welcomes its user, and wants IPython for that wherever output is not a terminal.
os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")

# TensorFlow leaves oneDNN to processors with instructions made for networks (AVX512_VNNI and its like). One that has
# none trains faster by it, too: see benchmarks/training_step.json. Read when TensorFlow is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
