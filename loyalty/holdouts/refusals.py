"""What holdouts refuse."""

from loyalty.errors import Conflict


class NotOffered(Conflict):
    """The customer was drawn by lot not to be offered the programme while its effect is measured."""

    code = "not_offered"


class HoldoutRunning(Conflict):
    """Another holdout runs; two at once would measure each other."""

    code = "holdout_running"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("A holdout runs already. Wait for its day, or stop it.")
