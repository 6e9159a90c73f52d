"""Designs, trains, evaluates, converts and publishes a CNN that reads handwritten digits."""
