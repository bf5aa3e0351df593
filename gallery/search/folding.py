"""How text becomes words that are found whatever their case, accents or width, in the same way on every engine."""

import hashlib
import re
import unicodedata
import uuid

# A word longer than this is no word of a person's; engines limit theirs.
MAX_WORD = 40
# Scripts without spaces: each sign is a word of its own, and what was written together is searched as a phrase.
_UNSPACED = re.compile(
    "([\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_LETTERS = {
    "\u00df": "ss",
    "\u00f8": "o",
    "\u0142": "l",
    "\u0111": "d",
    "\u00e6": "ae",
    "\u0153": "oe",
    "\u0131": "i",
}
_TABLE = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """Return the text without case, accents and typographic width: Ángström, ANGSTROM and angstrom are one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return unicodedata.normalize("NFKC", plain).casefold().translate(_TABLE)


def words(text: str) -> list[str]:
    """Return the words of a text, folded, in order."""
    folded = _UNSPACED.sub(r" \1 ", fold(text))
    parted = "".join(sign if _is_of_a_word(sign) else " " for sign in folded)
    return [word[:MAX_WORD] for word in parted.split()]


def namespace(owner_id: uuid.UUID) -> str:
    """Return what each indexed word of an owner begins with, so that no list of matches is longer than their library.

    Two owners may share one: it speeds the search up, and `owner` alone decides who sees what.
    """
    number = int.from_bytes(hashlib.sha256(owner_id.bytes).digest()[:4], "big")
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[number >> shift & 31] for shift in (0, 5, 10, 15, 20))


def _is_of_a_word(sign: str) -> bool:
    # Vowel signs of Indic scripts are marks, and part of their words.
    return sign.isalnum() or unicodedata.category(sign) in {"Mc", "Mn"}
