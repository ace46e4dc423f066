"""Answers kept on disk by the content of what they answer; a stale one is impossible, a damaged one is ignored."""

from recount.store.answers import Store, default_folder
from recount.store.content import content_of_part, key_of

__all__ = [
    "Store",
    "content_of_part",
    "default_folder",
    "key_of",
]
