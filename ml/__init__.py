"""Train, evaluate, convert and publish a CNN that recognizes handwritten digits."""
