"""Designs, trains, evaluates, converts and publishes a CNN that reads handwritten digits."""

import os

# TensorFlow.js' converter welcomes its user, and wants IPython for that wherever output is not a terminal.
os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")

# TensorFlow's own choice is to leave oneDNN to processors with AVX-512. Those without train faster by it, too: see
# benchmarks/training_step.json.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
