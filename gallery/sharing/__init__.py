"""Share links: making and ending them, who gets in, what guests bring."""

from gallery.sharing.bringing import announce, approve, close_form, reject, room_for_guests
from gallery.sharing.doors import COOKIE, TooManyTries, is_unlocked, network_of, try_password, unlocked_value
from gallery.sharing.links import MAX_PICKS, TERMS, InvalidLink, change, count_view, make, renew, revoke

__all__ = [
    "COOKIE",
    "MAX_PICKS",
    "TERMS",
    "InvalidLink",
    "TooManyTries",
    "announce",
    "approve",
    "change",
    "close_form",
    "count_view",
    "is_unlocked",
    "make",
    "network_of",
    "reject",
    "renew",
    "revoke",
    "room_for_guests",
    "try_password",
    "unlocked_value",
]
