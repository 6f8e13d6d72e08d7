"""The service's log: one JSON object a line on stderr, with the request's id and without values of local variables."""

import sys

import structlog


def log_as_json() -> None:
    """Set the log up, once a process. Tracebacks tell where, not with what: a request's values are people's data."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        # Asked for anew each time: who put another stderr in its place may have closed this one since.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
