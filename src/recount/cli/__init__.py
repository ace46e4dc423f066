"""The `recount` command."""

from recount.cli.main import main

__all__ = [
    "main",
]
