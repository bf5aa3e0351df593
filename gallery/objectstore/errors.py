"""What can go wrong between the gallery and its object store; each error names the object and says what to do."""


class ObjectStoreError(Exception):
    """The store refused or failed. `code` is the store's own error code, or one of this module where it sent none."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class NotFound(ObjectStoreError, FileNotFoundError):
    """No object has this key."""


class AlreadyExists(ObjectStoreError):
    """The key is taken, and what it holds was left as it was."""


class TooLarge(ObjectStoreError):
    """The object is larger than the caller is ready to hold in memory."""


class Damaged(ObjectStoreError):
    """The bytes that arrived are not the bytes that were stored, or not all of them."""


class AccessDenied(ObjectStoreError):
    """The credentials do not allow the request."""


class Unavailable(ObjectStoreError):
    """The store did not answer, or asked to be left alone; the same request may succeed later."""
