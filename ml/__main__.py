"""`python -m ml COMMAND`; see `ml.cli.main`."""

import sys

try:
    from ml.cli.main import main
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] == "ml":
        raise
    sys.exit(
        f"Error: {error.name} is not installed for {sys.executable}. "
        "Use .nox/env/bin/python instead, which `nox -s env` creates."
    )

sys.exit(main())
