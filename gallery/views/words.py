"""The words that scripts show: told once where a script asks for them, so that no page carries them unread."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

Words = Mapping[str, Promise | Callable[[int], str]]
# A number of each plural category that Intl.PluralRules knows; gettext gives the sentence that goes with it.
SAMPLES: Final = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}

UPLOADER: Final[Words] = {
    "waiting": _("Waiting"),
    "hashing": _("Reading"),
    "uploading": _("Uploading %(percent)s of %(size)s"),
    "offline": _("Waiting for a connection"),
    "processing": _("Being prepared"),
    "ready": _("Ready"),
    "exists": _("Already in your library"),
    "binned": _("In the bin: restore it to see it again"),
    "cancelled": _("Cancelled"),
    "failed": _("Failed"),
    "refused": _("Refused"),
    "uploads": _("Uploads"),
    "all_files": _("All files"),
    "pause": _("Pause"),
    "resume": _("Resume"),
    "paused": _("Paused"),
    "cancel": _("Cancel"),
    "cancel_one": _("Cancel %(name)s"),
    "cancel_all": _("Cancel all"),
    "retry": _("Retry"),
    "retry_one": _("Retry %(name)s"),
    "view": _("View"),
    "view_one": _("View %(name)s"),
    "open_bin": _("Open the bin"),
    "show": _("Show them"),
    "unconnected": _("Waiting for connection"),
    "sizes": _("%(sent)s of %(all)s"),
    "left": _("%(time)s left"),
    "percent_uploaded": _("%(percent)s uploaded"),
    "unfinished": _("Unfinished uploads"),
    "forget": _("Forget them"),
    "choose_again": _(
        "%(done)s of %(all)s uploaded. Choose the same folder to continue: only what is missing is sent."
    ),
    "too_large": _("Too large: %(size)s, the limit is %(limit)s"),
    "empty": _("The file is empty"),
    "unreadable": _("The file cannot be read: choose it again"),
    "same": _("The same photo as %(name)s"),
    "unanswered": _("The server gave no answer for this file"),
    "not_arrived": _("The file did not arrive"),
    "lost": _("The connection was lost."),
    "busy": _("The store is busy (%(status)s)."),
    "store_refused": _("The store refused the file (%(status)s)."),
    "signed_out": _("You are signed out: sign in again in another tab, then retry."),
    "answered": _("The server answered %(status)s."),
    "of_library": lambda n: ngettext(
        "%(here)s of %(count)s photo in your library", "%(here)s of %(count)s photos in your library", n
    ),
    "in_library": lambda n: ngettext(
        "%(count)s photo is in your library", "%(count)s photos are in your library", n
    ),
    "missing": lambda n: ngettext("%(count)s missing", "%(count)s missing", n),
    "count_refused": lambda n: ngettext("%(count)s refused", "%(count)s refused", n),
    "count_failed": lambda n: ngettext("%(count)s failed", "%(count)s failed", n),
    "count_cancelled": lambda n: ngettext("%(count)s cancelled", "%(count)s cancelled", n),
    "count_binned": lambda n: ngettext("%(count)s in the bin", "%(count)s in the bin", n),
    "retry_failed": lambda n: ngettext("Retry %(count)s failed", "Retry %(count)s failed", n),
    "confirm_cancel": lambda n: ngettext(
        "Cancel the %(count)s upload that is not finished? Photos that have arrived stay.",
        "Cancel the %(count)s uploads that are not finished? Photos that have arrived stay.",
        n,
    ),
}


@require_safe
@cache_control(private=True, no_cache=True)
def uploader(_request: HttpRequest) -> HttpResponse:
    # Anybody: it is the same for all who speak the language.
    return JsonResponse(told(UPLOADER))


def told(words: Words) -> dict[str, str | dict[str, str]]:
    """Return the words in the reader's language; of a count one sentence for each plural category."""
    return {
        key: {category: found(number) for category, number in SAMPLES.items()}
        if callable(found)
        else str(found)
        for key, found in words.items()
    }
