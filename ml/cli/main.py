"""Train, evaluate, convert and publish a digit recognizer."""

from __future__ import annotations

import argparse
import errno
import logging
import sys

from ml.cli import convert, doctor, evaluate, presets, release, serve, train
from ml.environment import prepare_tensorflow
from ml.errors import DataError, ExportError, PublishError

FREE_SPACE = "Free some space"
CHECK_PERMISSIONS = "Check the permissions"
MOVE_FILE = "Move the file that is in the place of a folder"

# Hints for the errors of the operating system that users meet most.
HINTS = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EACCES: CHECK_PERMISSIONS,
    errno.EROFS: CHECK_PERMISSIONS,
    errno.ENOTDIR: MOVE_FILE,
    errno.EEXIST: MOVE_FILE,
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The arguments (default: those of the process).

    Returns:
        The exit code: 0 for success, 1 for a failure, 130 for an interrupt. argparse exits with 2 for wrong usage.
    """
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for module in (train, evaluate, convert, release, serve, doctor, presets):
        module.register(commands)
    options = parser.parse_args(arguments)

    prepare_tensorflow()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    for name in ("absl", "tensorflow", "h5py", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        return int(options.func(options) or 0)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to continue.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"Error: {_explain(error)}", file=sys.stderr)
    except (DataError, PublishError, ExportError) as error:
        print(f"Error: {error}", file=sys.stderr)
    return 1


def _explain(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    hint = HINTS.get(error.errno or 0, "Fix this")
    return f"{where}{error.strerror or error}. {hint} and run the command again."


if __name__ == "__main__":
    sys.exit(main())
