"""Messages about the progress of a training."""

from __future__ import annotations

import logging
import time

import keras

log = logging.getLogger(__name__)


class TimeLeft(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs a rough time to the end of the training after its first epoch."""

    def __init__(self) -> None:
        super().__init__()
        self._first: int | None = None
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the time at the start of the second epoch: at the end of the first, the progress bar has no line end."""
        if self._first is None:
            self._first, self._started = epoch, time.monotonic()
        elif epoch == self._first + 1:
            seconds = (time.monotonic() - self._started) * (self.params["epochs"] - epoch)
            log.info("The training ends in about %s.", duration(seconds))


def duration(seconds: float) -> str:
    """Return a rough duration: `1 minute`, `12 minutes` or `3.5 hours`."""
    minutes = max(1, round(seconds / 60))
    if minutes >= 120:
        return f"{minutes / 60:.1f} hours"
    return f"{minutes} minute{'s' if minutes > 1 else ''}"
