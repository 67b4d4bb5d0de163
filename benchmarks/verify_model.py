"""Search the model of the verify protocol within larger bounds than the tests do.

    python -m benchmarks.verify_model
    python -m benchmarks.verify_model --traces

prints a line for each search: the bounds, what was taken from the rules, the states seen, the
seconds, and whether the promise holds or the length of the shortest way to break it. It takes
ten minutes or so, and two gigabytes. ``tests/verify/model.py`` says what is modelled.
"""

import argparse
from dataclasses import replace

from tests.verify.explore import Result, explore
from tests.verify.model import Bounds, Change, Protocol
from tests.verify.model_process import Rules

LOSS, GAIN, OTHER = Change("a", good=False), Change("a", good=True), Change("b", good=False)
SAME = Rules(keep="same", spoil_on_clear=False)

REVOKED = Bounds((LOSS,), lease=3)
TWICE = Bounds((LOSS, GAIN, LOSS))
TWO_TOKENS = Bounds((LOSS, OTHER), tokens=("a", "b"))
FAILOVER = Bounds((OTHER, LOSS), failovers=1)
GAIN_LOST = Bounds((LOSS, GAIN), failovers=1)

SEARCHES: tuple[tuple[str, Bounds, str, Rules], ...] = (
    ("one revoke, lease of 3", REVOKED, "", Rules()),
    ("revoked, restored, revoked", TWICE, "", Rules()),
    ("revoked, restored, revoked", TWICE, "row of the epoch applied only", SAME),
    ("two tokens, both revoked", TWO_TOKENS, "", Rules()),
    ("failover", FAILOVER, "", Rules()),
    ("failover", FAILOVER, "a late row is kept after a clear", Rules(spoil_on_clear=False)),
    ("failover", FAILOVER, "new connection does not clear", Rules(new_connection=False)),
    ("failover", FAILOVER, "row of the epoch applied only", SAME),
    ("failover behind a pooler", replace(FAILOVER, pooled=True), "", Rules()),
    (
        "failover behind a pooler",
        replace(FAILOVER, pooled=True),
        "row of the epoch applied only",
        SAME,
    ),
    (
        "failover behind a pooler",
        replace(FAILOVER, pooled=True),
        "that, and no mark",
        replace(SAME, mark=False),
    ),
    ("failover that loses a gain", GAIN_LOST, "", Rules()),
    (
        "failover that loses a gain",
        GAIN_LOST,
        "a late row is kept after a clear",
        Rules(spoil_on_clear=False),
    ),
    (
        "failover that loses a gain, pooler",
        replace(GAIN_LOST, pooled=True),
        "row of the epoch applied only",
        SAME,
    ),
)


def search(bounds: Bounds, rules: Rules) -> Result:
    """Search the protocol within ``bounds``."""
    protocol = Protocol(rules, bounds)
    return explore(protocol.start(), protocol.steps, bad=lambda state: state.broken)


def main() -> None:
    """Run every search, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--traces", action="store_true", help="print the ways to break it")
    traces = parser.parse_args().traces
    print(f"{'bounds':36}{'changed rule':36}{'states':>10}{'seconds':>9}  promise")
    for name, bounds, changed, rules in SEARCHES:
        found = search(bounds, rules)
        verdict = "holds" if found.trace is None else f"broken in {len(found.trace)} steps"
        line = f"{name:36}{changed:36}{found.states:10,}{found.seconds:9.1f}  {verdict}"
        print(line, flush=True)
        for label in found.trace or () if traces else ():
            print(f"    {label}")


if __name__ == "__main__":
    main()
