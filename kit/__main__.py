"""``python3 -m kit``: see ``kit.cli``."""

import sys

try:
    from kit.cli import main
except ModuleNotFoundError as error:
    if (error.name or "kit").startswith("kit"):
        raise
    sys.exit(f"error: {sys.executable} has no module {error.name}: make install brings what is missing")

sys.exit(main())
