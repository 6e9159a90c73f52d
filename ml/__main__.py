"""`python -m ml COMMAND`; see `ml.cli.main`."""

import sys

from ml.cli.main import main

sys.exit(main())
