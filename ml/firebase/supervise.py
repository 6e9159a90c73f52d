"""Run a command until standard input is closed, then stop it.

When the parent process ends for any reason, the operating system closes its end of the pipe, so the command never
outlives it and never keeps a port open. Usage: supervise.py SECONDS COMMAND …, where SECONDS is the time to stop
after SIGINT before the process group is killed.
"""

import os
import signal
import subprocess
import sys
import threading
import time


def main() -> None:
    """Start the command and wait for the end of the input, or exit with the command's code when it ends first."""
    seconds, *command = sys.argv[1:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=lambda: os._exit(child.wait() & 0xFF), daemon=True).start()
    sys.stdin.buffer.read()
    child.send_signal(signal.SIGINT)
    time.sleep(float(seconds))
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
