"""What each printed number could be when it is set aside, and what must be true of everything that fits."""

from recount.audit.kinds import KINDS
from recount.audit.leave_one_out import Audit, audit
from recount.audit.questions import OF_CONDITIONS, OF_NUMBERS, Put, answer, answers, put, read_questions
from recount.audit.range import LIMIT, Question, Range
from recount.audit.search import range_of
from recount.audit.session import Asked, Session

__all__ = [
    "KINDS",
    "LIMIT",
    "OF_CONDITIONS",
    "OF_NUMBERS",
    "Asked",
    "Audit",
    "Put",
    "Question",
    "Range",
    "Session",
    "answer",
    "answers",
    "audit",
    "put",
    "range_of",
    "read_questions",
]
