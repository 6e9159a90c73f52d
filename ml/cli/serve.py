"""The command `serve`."""

from __future__ import annotations

import argparse
import signal
import threading
from contextlib import ExitStack

from ml.cli.options import Commands, int_range
from ml.cli.signing import demo_signer
from ml.firebase.config import demo_project
from ml.firebase.emulators import hosting_running, storage_running
from ml.firebase.site import SITE, write_site_config
from ml.firebase.target import choose_target
from ml.release.signing import PublicKey
from ml.release.signing_policy import Signing
from ml.release.verify import BUNDLED
from ml.runs import LATEST, RELEASE_FOLDER


def register(commands: Commands) -> None:
    """Add the command to the subparsers `commands`."""
    parser = commands.add_parser("serve", help="serve the built site and the local Storage with the deployed releases")
    parser.add_argument("--bundled", action="store_true", help="serve the bundled release, without Storage")
    parser.add_argument("--port", type=int_range(1, 65535), help="port of the site (default: that of firebase.json)")
    parser.set_defaults(func=_serve)


def _serve(options: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            base_url: str | None = None
            keys: tuple[PublicKey, ...] = ()
            if not options.bundled:
                from ml.firebase.publish import publish_first
                from ml.firebase.storage import Storage
                from ml.firebase.stored import read_pointer

                target = choose_target(demo_project(), None, {})
                stack.enter_context(storage_running(target))
                storage, signing = Storage(target), Signing(demo_signer())
                if release := publish_first(storage, [LATEST / RELEASE_FOLDER, BUNDLED], signing):
                    print(f"Published {release}, because nothing was published yet.")
                base_url = target.base_url
                if signing.accepts(read_pointer(storage).pointer):
                    keys = signing.keys
                else:
                    print("The current release is not signed with the key of this machine. `ml deploy` signs it.")
            url = stack.enter_context(hosting_running(SITE, options.port))
            write_site_config(SITE / "config.json", base_url, keys)
            print(f"The site: {url}\nPress Ctrl-C to stop.", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nStopped." if options.bundled else "\nStopped. Published objects stay in .local.")
