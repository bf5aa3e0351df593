"""Pages of the account that need mail: a lost password, addresses. Without mail they say what to do instead."""

from allauth.account import views
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render


def password_reset(request: HttpRequest) -> HttpResponseBase:
    # Anybody: who has lost the password cannot sign in.
    if not settings.MAIL_WORKS:
        return render(request, "account/reset_by_keeper.html")
    answer: HttpResponseBase = views.password_reset(request)
    return answer


@login_required
def email(request: HttpRequest) -> HttpResponseBase:
    if not settings.MAIL_WORKS:
        return render(request, "account/email_by_keeper.html")
    answer: HttpResponseBase = views.email(request)
    return answer
