"""Train, evaluate, convert and publish a digit recognizer."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import re
import sys

from ml.cli import benchmark, convert, doctor, evaluate, presets, release, serve, train
from ml.cli.options import UsageError
from ml.cli.output import json_output
from ml.environment import bypass_proxies_for_loopback, degrade_output, end_with_parent, prepare_tensorflow
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


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for module in (train, evaluate, benchmark, convert, release, serve, doctor, presets):
        module.register(commands)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The arguments (default: those of the process).

    Returns:
        The exit code: 0 for success, 1 for a failure, 2 for wrong usage, 130 for an interrupt. With `--json`, a failure
        prints an object with the key `error`. Wrong usage that argparse finds exits at once, and prints no object.
    """
    degrade_output()
    options = command_parser().parse_args(arguments)
    prepare_tensorflow()
    bypass_proxies_for_loopback()
    end_with_parent()
    with json_output(options):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    """Run the command of `options`, and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    for name in ("absl", "tensorflow", "h5py", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        return int(options.func(options) or 0)
    except KeyboardInterrupt:
        message, code = "Stopped. Run the same command again to continue.", 130
        print(f"\n{message}", file=sys.stderr)
    except (OSError, DataError, PublishError, ExportError) as error:
        message = _explain(error) if isinstance(error, OSError) else str(error)
        code = 2 if isinstance(error, UsageError) else 1
        print(f"Error: {message}", file=sys.stderr)
    options.result = {"error": message}
    return code


def _explain(error: OSError) -> str:
    """Return a message for an error of the operating system, which HDF5 hides among its internals."""
    hdf5 = re.search(r"errno = (\d+), error message", str(error))
    number = int(hdf5[1]) if hdf5 else error.errno or 0
    where = f"{error.filename}: " if error.filename else ""
    problem = os.strerror(number) if number else error.strerror or str(error)
    if not number and re.fullmatch(r"(Unable to|Can't) .+\(.+\)", problem):
        problem = "A file of weights is damaged or cannot be written"
    return f"{where}{problem}. {HINTS.get(number, 'Fix this')} and run the command again."


if __name__ == "__main__":
    sys.exit(main())
