"""Reads and writes of the shared table per second, by 1, 2 and 4 processes."""

from __future__ import annotations

import json
import subprocess

from programs import Bench, Failure


def measure(bench: Bench) -> list[str]:
    run = subprocess.run(
        [bench.program("bench_table")], stdout=subprocess.PIPE, text=True, timeout=600
    )
    if run.returncode != 0:
        raise Failure("bench_table failed")
    rows: dict[tuple[int, str], dict[int, str]] = {}
    notes = []
    for line in run.stdout.splitlines():
        result = json.loads(line)
        if "skipped" in result:
            notes += ["", f"Left out: {result['skipped']}."]
            continue
        low, median, high = (result[name] / 1e6 for name in ("low", "median", "high"))
        row = rows.setdefault((result["visitors"], result["workload"]), {})
        row[result["processes"]] = f"{median:.2f} ({low:.2f}–{high:.2f})"
    return [
        "Millions per second, all processes together: median (lowest–highest of three).",
        "",
        "| visitors | | 1 process | 2 processes | 4 processes |",
        "|---:|---|---:|---:|---:|",
        *(
            f"| {visitors:,} | {workload} | {row[1]} | {row[2]} | {row[4]} |"
            for (visitors, workload), row in rows.items()
        ),
        *notes,
    ]
