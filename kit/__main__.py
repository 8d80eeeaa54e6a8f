"""``python3 -m kit``: see ``kit.cli``."""

import sys

from kit.cli import main

sys.exit(main())
