"""Exceptions whose message is one sentence for the user: what was wrong, where, and what to do."""

from __future__ import annotations


class DataError(Exception):
    """Data or a run folder is missing or not what it should be."""


class PublishError(Exception):
    """A release cannot be published, read or verified."""


class ExportError(Exception):
    """A run cannot be exported, or the exported graph does not answer as Keras does."""
