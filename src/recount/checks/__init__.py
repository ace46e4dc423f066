"""Checks on single printed numbers and small groups of them, each exact and each with the source of its formula."""
