"""Server keys of the tests: the two of their settings, and one more to rotate to."""

import base64

from accounts.keys import parse_keys
from tests.settings import TEST_KEYS

K2, K1 = parse_keys(TEST_KEYS)
[K3] = parse_keys(f"k3:{base64.b64encode(b'a third key of the tests, in bytes').decode()}")
