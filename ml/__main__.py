"""`python -m ml COMMAND`; see `ml.cli.main`."""

import json
import sys

try:
    from ml.cli.main import main

    code = main()
except ModuleNotFoundError as error:
    if str(error.name).partition(".")[0] == "ml":
        raise
    sys.exit(
        f"Error: {error.name} is not installed for {sys.executable}. "
        "Use .nox/env/bin/python instead, which `nox -s env` creates."
    )
except KeyboardInterrupt:  # during the imports, which take seconds
    if "--json" in sys.argv:
        print(json.dumps({"error": "Stopped."}))
    print("Stopped.", file=sys.stderr)
    code = 130
sys.exit(code)
