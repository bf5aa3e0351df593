"""Single sign-on: to the provider and back. Imported only where one is configured."""

from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache


@never_cache
def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    # The policy of pages lets forms lead to this site alone, redirects after them included: a page leads on instead.
    answer: HttpResponse = views.login(request, provider_id)
    target = answer.headers.get("Location", "")
    if "://" not in target:
        return answer
    return render(request, "socialaccount/login_redirect.html", {"redirect_to": target})


@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    answer: HttpResponseBase = views.callback(request, provider_id)
    return answer
