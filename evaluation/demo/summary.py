"""The leaderboard as a table and as one line of JSON, and whether the demo did what it promises."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .recipe import Recipe

HEAD = ("place", "team", "method", "score", "untrained", "gain", "compute")


def board_table(board: dict[str, Any]) -> str:
    """The board in columns, the unranked rows below a line."""
    ranked = [_cells(row) for row in board["rows"]]
    unranked = [_cells(row) for row in board["unranked"]]
    widths = [max(len(cells[column]) for cells in [HEAD, *ranked, *unranked]) for column in range(len(HEAD))]
    rule = "  ".join("-" * width for width in widths)
    lines = [_line(HEAD, widths), rule, *(_line(cells, widths) for cells in ranked)]
    lines += [rule, *(_line(cells, widths) for cells in unranked)] if unranked else []
    return "\n".join(lines)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(row["place"] or "–"),
        row["name"],
        row["method"] or "–",
        row["score"]["text"],
        row["base_score"]["text"] if row["base_score"] else "–",
        f"{row['gain']:+.3f}" if row["gain"] is not None else "–",
        f"{row['compute_seconds']:.1f} s" if row["compute_seconds"] is not None else "–",
    )


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def result_line(board: dict[str, Any], scored_at: Sequence[float], *, teams: int) -> str:
    """One JSON object on one line; the times are seconds since the demo began, null where not all of it was scored."""
    rows = [_row(row) for row in board["rows"]]
    return json.dumps(
        {
            "scored": len(scored_at),
            "seconds_to_first_score": round(scored_at[0], 1) if scored_at else None,
            "seconds_to_all": round(scored_at[-1], 1) if len(scored_at) == teams else None,
            "rows": rows,
        }
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "team": row["name"],
        "method": row["method"],
        "score": row["score"]["value"],
        "base_score": row["base_score"]["value"] if row["base_score"] else None,
        "gain": row["gain"],
        "place": row["place"],
        "compute_seconds": row["compute_seconds"],
    }


def shortfalls(board: dict[str, Any], recipe: Recipe) -> list[str]:
    """What is missing from the promise: every team scored, and where the base model is a real one, `lora` and `full`
    above the untrained model. Empty: kept."""
    rows = {row["name"]: row for row in board["rows"]}
    found = []
    for entry in recipe.entries:
        name = entry.team.name
        row = rows.get(name)
        if row is None:
            found.append(f"{name} ({entry.method}) has no score.")
        elif row["base_score"] is None:
            found.append(f"The untrained model has no score to compare {name} with.")
        elif recipe.kind == "real" and entry.method in {"lora", "full"} and row["gain"] <= 0:
            found.append(f"{name} ({entry.method}) did not beat the untrained model.")
    return found
