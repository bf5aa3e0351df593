"""Why a library cannot be moved."""


class MoveError(Exception):
    """The move cannot go on; the text names the thing and the remedy. What was copied stays, to be gone on with."""
