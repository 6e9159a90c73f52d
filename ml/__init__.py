"""Designs, trains, evaluates, converts and publishes a CNN that reads handwritten digits."""

import os

# TensorFlow.js' converter welcomes its user, and wants IPython for that wherever output is not a terminal.
os.environ.setdefault("TFDF_DISABLE_WELCOME_MESSAGE", "1")
