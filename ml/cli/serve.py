"""The command `serve`."""

from __future__ import annotations

import argparse
import signal
import threading
from contextlib import ExitStack, suppress

from ml.cli.options import Commands, int_range
from ml.cli.signing import demo_signer
from ml.errors import PublishError
from ml.firebase.config import demo_project
from ml.firebase.emulators import hosting_running, storage_running
from ml.firebase.site import SITE, pinned_keys, write_site_config
from ml.firebase.target import Target, choose_target
from ml.release.pointer import Pointer, SignedPointer
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
            if not options.bundled:
                from ml.firebase.publish import publish_first
                from ml.firebase.storage import Storage
                from ml.firebase.stored import read_pointer

                target = choose_target(demo_project(), None, {})
                stack.enter_context(storage_running(target))
                storage, signing = Storage(target), Signing(demo_signer())
                if release := publish_first(storage, [LATEST / RELEASE_FOLDER, BUNDLED], signing):
                    print(f"Published {release}, because nothing was published yet.")
            url = stack.enter_context(hosting_running(SITE, options.port))
            if options.bundled:
                write_site_config(SITE / "config.json", None)
            else:
                _configure_site(target, read_pointer(storage).pointer, signing)
            print(f"The site: {url}\nPress Ctrl-C to stop.", flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("\nStopped." if options.bundled else "\nStopped. Published objects stay in .local.")


def _configure_site(target: Target, pointer: Pointer | None, own: Signing) -> None:
    """Write the site's config.json. It pins the keys that it pinned before, or else that of this machine.

    Keys that did not sign the current release are not pinned, because pages would refuse it.
    """
    path = SITE / "config.json"
    with suppress(PublishError):  # it is damaged
        if isinstance(pointer, SignedPointer) and pointer.signer(pinned_keys(target, path)):
            return
    keys = own.keys if own.accepts(pointer) else ()
    if not keys:
        print(f"No key of this machine has signed the current release, so {path} pins no key. `deploy` signs it.")
    write_site_config(path, target.base_url, keys)
