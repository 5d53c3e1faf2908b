"""bin/bench NAME… [--json]: exit code 1 where a goal is missed, 3 where a floor cannot be had."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks import FloorMissing, Result

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description=f"Known: {', '.join(NAMES)}.")
    parser.add_argument("names", nargs="+", metavar="NAME", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="one object a line, nothing else")
    wishes = parser.parse_args()
    show = _show_json if wishes.json else _show
    if not wishes.json:
        print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    codes = [_run(name, show=show) for name in wishes.names]
    return max(codes)


def _run(name: str, *, show) -> int:
    try:
        result = importlib.import_module(f"benchmarks.{name}").measure()
    except FloorMissing as missing:
        print(f"{name}: {missing}", file=sys.stderr)
        return 3
    show(result)
    return 1 if any(ratio.is_missed for ratio in result.ratios.values()) else 0


def _show(result: Result) -> None:
    print(f"\n{result.name}")
    for name, ratio in result.ratios.items():
        bound = "≥" if ratio.at_least else "≤"
        verdict = "missed" if ratio.is_missed else "ok"
        print(f"  {name:<28}{ratio.value:>10.2f}   goal {bound} {ratio.goal:g}   {verdict}")
    for name, figure in result.figures.items():
        print(f"  {name:<28}{figure:>10.2f}")


def _show_json(result: Result) -> None:
    ratios = {name: round(ratio.value, 3) for name, ratio in result.ratios.items()}
    figures = {name: round(figure, 3) for name, figure in result.figures.items()}
    print(json.dumps({"name": result.name, "ratios": ratios, "figures": figures}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
