"""What ends a run, and what ends one photo. Every message names what is wrong and what to do."""


class UsageError(Exception):
    """The command cannot begin: its arguments, its configuration or the gallery's address are wrong."""


class Stopped(Exception):
    """The run cannot go on, whatever the photo: the token was revoked, or the person pressed Ctrl-C."""


class Failed(Exception):
    """One photo cannot be brought in; `code` is stable, the message is for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason
