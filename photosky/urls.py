"""All addresses of the site."""

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path

from gallery.views.site import healthz

urlpatterns = [
    path("", include("gallery.urls")),
    path("api/", include("gallery.api.urls")),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    # Says that sign-up is closed; allauth's own pages refer to both by name.
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("admin/", admin.site.urls),
    path("healthz/", healthz, name="healthz"),
]
