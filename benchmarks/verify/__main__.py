"""What verifying a token costs, in CPU time of the server, beside an empty request and its peers.

    python -m benchmarks.verify
    python -m benchmarks.verify rest

The first prints a line for each kind of token that a gateway asks about, over 100,000 and over
1,000,000 tokens, and for each peer; then whether the bars of issue 7 are met, and exits with 1 if
one is not. The second prints what calls of the REST API cost, by Wardkey's server and by gunicorn
with threads. Both start what they measure, on databases of their own beside ``--database-url``,
and clear it away.

CPU time is that of all processes of the server: not of the load tool, which shares the machine, nor
of PostgreSQL. Figures are the middle (p50) of the rounds; each round has another order. Compare
ratios of one run, never microseconds of two.
"""

import argparse
import signal
import sys

from benchmarks.verify.rest import rest
from benchmarks.verify.table import Size, verify

FULL = Size(rows=100_000, many_rows=1_000_000, rounds=5, seconds=3.0, with_peers=True)
QUICK = Size(rows=2_000, many_rows=4_000, rounds=2, seconds=1.0, with_peers=False)


def main() -> None:
    """Read the options, measure and report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("what", nargs="?", choices=["verify", "rest"], default="verify")
    options.add_argument(
        "--database-url",
        default="postgres://root@127.0.0.1:5432/test",
        help="any database of a PostgreSQL; its own are made beside it (default: %(default)s)",
    )
    options.add_argument("--rounds", type=int, help=f"default: {FULL.rounds}")
    options.add_argument("--seconds", type=float, help=f"of a line, default: {FULL.seconds}")
    options.add_argument("--rows", type=int, help=f"tokens, default: {FULL.rows}")
    options.add_argument("--many-rows", type=int, help=f"many tokens, default: {FULL.many_rows}")
    options.add_argument("--no-peers", action="store_true", help="measure Wardkey alone")
    options.add_argument(
        "--quick", action="store_true", help="few rows, short rounds and no peers: to try it"
    )
    given = options.parse_args()
    size = QUICK if given.quick else FULL
    size = Size(
        given.rows or size.rows,
        given.many_rows or size.many_rows,
        given.rounds or size.rounds,
        given.seconds or size.seconds,
        with_peers=size.with_peers and not given.no_peers,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that all is cleared away
    measure = rest if given.what == "rest" else verify
    sys.exit(not measure(given.database_url, size))


if __name__ == "__main__":
    main()
