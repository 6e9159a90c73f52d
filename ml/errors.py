"""Exceptions with a message for the user: what was wrong, where, and how to fix it."""

from __future__ import annotations


class DataError(Exception):
    """Data or a run folder is missing or invalid."""


class PublishError(Exception):
    """A release cannot be published, read or verified."""


class DamagedError(PublishError):
    """The pointer or a release in Storage is missing, incomplete or invalid. It is not raised if Storage fails."""


class ExportError(Exception):
    """A run cannot be exported, or the predictions of the exported graph differ from Keras."""
