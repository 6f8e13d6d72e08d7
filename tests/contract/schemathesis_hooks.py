"""What Schemathesis does before it sends a request."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

_GOOD = re.compile(r"[\x21-\x7e]{1,255}")

# Files are bytes, whatever is in them.
schemathesis.serializer.alias(["application/x-ndjson", "application/gzip"], "application/octet-stream")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ANN401, ARG001 - its own types
    """Send a key of its own with each request: under one that was used, nothing but "used already" would be tried."""
    key = case.headers.get("Idempotency-Key") if case.headers else None
    if isinstance(key, str) and _GOOD.fullmatch(key):
        case.headers["Idempotency-Key"] = str(uuid4())
