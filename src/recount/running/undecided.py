"""The third answer, beside what is found and what is proven not to be."""


class Undecided(RuntimeError):
    """No answer in the time given; this says nothing about the record."""
