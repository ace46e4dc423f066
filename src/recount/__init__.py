"""A printed record checked, its patients sought, its numbers judged; knows numbers, knows no medicine."""

import time

BEGAN = time.time_ns()
"""When this process began to read our code: `store` keeps nothing that was made by code of which some came later."""
