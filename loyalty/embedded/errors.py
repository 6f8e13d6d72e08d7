"""What this room raises."""


class ServersDidNotStart(Exception):
    """The embedded servers cannot be had; the message says what to change or where to read on."""
