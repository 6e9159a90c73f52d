"""Train, evaluate, convert and publish a CNN that recognises handwritten digits."""
