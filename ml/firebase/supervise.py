"""Run a command for as long as this program's standard input is held open; then stop it, gently at first.

However the owner ends, by Ctrl-C, a signal or a crash, its end of the pipe closes, so that nothing stays behind to
hold a port. Usage: keeper.py SECONDS COMMAND …, SECONDS being what a gentle stop may take.
"""

import os
import signal
import subprocess
import sys
import threading
import time


def main() -> None:
    """Start the command and wait for the end of the input, or of the command, whose exit code is then passed on."""
    seconds, *command = sys.argv[1:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=lambda: os._exit(child.wait() & 0xFF), daemon=True).start()
    sys.stdin.buffer.read()
    child.send_signal(signal.SIGINT)
    time.sleep(float(seconds))
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
