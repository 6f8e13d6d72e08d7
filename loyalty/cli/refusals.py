"""How refusals reach a terminal: one line on stderr, exit code 1, and no traceback."""

import click

from loyalty.embedded import ServersDidNotStart
from loyalty.errors import LoyaltyError


class Door(click.Group):
    """A group of commands whose refusals are told in the business's words."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except LoyaltyError as refusal:
            raise click.ClickException(refusal.detail) from refusal
        except ServersDidNotStart as refusal:
            message = str(refusal)
            raise click.ClickException(message[:1].upper() + message[1:]) from refusal


def note(text: str) -> None:
    """Tell a person something; never on stdout, which belongs to the result."""
    click.echo(text, err=True)
