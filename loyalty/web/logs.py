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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
