"""The words that script/bench copy, mount and write are called with."""

import argparse


def arguments(profile, rows, *own):
    """`own` are options of one profile: name, and what argparse shall know of it."""
    parser = argparse.ArgumentParser(prog=f"script/bench {profile}")
    parser.add_argument("program")
    parser.add_argument("scratch")
    parser.add_argument("peers")
    parser.add_argument("--rounds", type=int, default=3)
    for name, settings in own:
        parser.add_argument(name, **settings)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    args = parser.parse_intermixed_args()
    for row in args.rows:
        if row not in rows:
            parser.error(f"no row {row}; there are {', '.join(rows)}")
    return args
