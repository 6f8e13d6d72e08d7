"""What can go wrong with a key of a request, each with its lasting code."""

from loyalty.errors import Conflict, Gone, Invalid, Malformed


class KeyMalformed(Malformed):
    """The `Idempotency-Key` is none."""

    code = "idempotency_key_malformed"


class KeyReused(Invalid):
    """The `Idempotency-Key` came first with another request."""

    code = "idempotency_key_reused"


class KeyExpired(Conflict):
    """The request was done so long ago that its answer is not kept any more."""

    code = "key_expired"


class AnswerErased(Gone):
    """The answer was about a person who has been erased since."""

    code = "answer_erased"
