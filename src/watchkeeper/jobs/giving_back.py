"""Which jobs are done again: those a worker gave back, and those the database left in the lurch."""

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

AWAY = (OperationalError, InterfaceError)
"""What Django raises while the database does not answer."""

_AGAIN_SECONDS = 10


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database does not answer, and nothing else."""
    if isinstance(error, ConnectorException):
        return error.__cause__ is not None and is_away(error.__cause__)
    return isinstance(error, (*AWAY, psycopg.OperationalError, psycopg.InterfaceError))


class GivenBack(BaseRetryStrategy):
    """A job that was given back waits again; one that lost its database, a little later."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to do it again; None for errors of its own."""
        del job
        if isinstance(exception, JobAborted):
            return RetryDecision()
        return RetryDecision(retry_in={"seconds": _AGAIN_SECONDS}) if is_away(exception) else None
