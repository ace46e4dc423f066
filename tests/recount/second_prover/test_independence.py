"""The second prover shares the reading of a record with the rest of the package, in one file, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import recount.second_prover

READS = {"recount.record", "recount.rules"}


def test_only_one_file_imports_anything_else_of_recount_and_only_what_reads_a_record() -> None:
    for path in Path(recount.second_prover.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
        imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        foreign = {name for name in imported if name.split(".")[0] in ("recount", "ortools")}
        foreign = {name for name in foreign if not name.startswith("recount.second_prover")}
        assert foreign == (READS if path.name == "reading.py" else set()), path.name
