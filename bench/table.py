"""Reads and writes of the shared table per second, by 1, 2 and 4 processes; and its memory."""

from __future__ import annotations

import json
import subprocess

from programs import Bench, Failure, running


def measure(bench: Bench) -> list[str]:
    rows: dict[tuple[int, str], dict[int, str]] = {}
    notes = []
    for result in _results(bench):
        if "skipped" in result:
            notes += ["", f"Left out: {result['skipped']}."]
            continue
        low, median, high = (result[name] / 1e6 for name in ("low", "median", "high"))
        row = rows.setdefault((result["visitors"], result["workload"]), {})
        row[result["processes"]] = f"{median:.2f} ({low:.2f}–{high:.2f})"
    return [
        "Millions per second, all processes together: median (lowest–highest of three).",
        "",
        "| table for | | 1 process | 2 processes | 4 processes |",
        "|---:|---|---:|---:|---:|",
        *(
            f"| {visitors:,} visitors | {workload} | {row[1]} | {row[2]} | {row[4]} |"
            for (visitors, workload), row in rows.items()
        ),
        *notes,
    ]


def measure_memory(bench: Bench) -> list[str]:
    lines = [
        "| table for | known visitors | memory in use | for each of them | at most |",
        "|---:|---:|---:|---:|---:|",
    ]
    for result in _results(bench, "memory"):
        if "skipped" in result:
            return [f"Left out: {result['skipped']}."]
        visitors, known, used = (result[name] for name in ("visitors", "known", "bytes"))
        most = "1 GB in all" if known == visitors else "5.5 kB"
        lines.append(
            f"| {visitors:,} visitors | {known:,} | {used / 1e6:,.1f} MB | {used / known / 1e3:.2f} kB "
            f"| {most} |"
        )
    return lines


def _results(bench: Bench, *arguments: str) -> list[dict]:
    said = bench.folder / "table.log"
    command = [bench.program("bench_table"), *arguments]
    # The whole group of processes ends with the block: it forks.
    with running(command, said, stdout=subprocess.PIPE, text=True) as run:
        results = [json.loads(line) for line in run.stdout]
        if run.wait() != 0:
            raise Failure(f"bench_table failed: {said.read_text(errors='replace')}")
    return results
