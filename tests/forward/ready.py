"""``python -m tests.process tests.forward.ready``: have the keys ready; print which one signs."""

import sys

from tokens.services.forward_keys import ready_keys

if __name__ == "__main__":
    sys.stdout.write(ready_keys().current.kid)
