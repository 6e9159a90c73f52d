"""The command `doctor`."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ml.cli.options import Commands, add_target
from ml.cli.output import print_result
from ml.cli.target import with_target
from ml.firebase.config import emulator_url, site_url
from ml.firebase.target import Target


def register(commands: Commands) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser("doctor", help="check a deployment, with hints for fixing problems")
    add_target(parser)
    parser.add_argument("--site", metavar="URL", help="the site (default: PROJECT.web.app, or the local one)")
    parser.set_defaults(func=with_target(_doctor))


def _doctor(options: argparse.Namespace, target: Target) -> int:
    from ml.firebase.doctor import examine

    default = emulator_url("hosting") if target.emulator else site_url(target.project)
    findings = examine(target, (options.site or default).rstrip("/"))
    lines = []
    for finding in findings:
        lines.append(f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.seen}")
        if finding.hint:
            lines.append(f"     {finding.hint}")
    print_result(options, [asdict(finding) for finding in findings], *lines)
    return 0 if all(finding.ok for finding in findings) else 1
