"""All addresses of the site."""

from allauth.account import views as account
from django.urls import include, path
from django.views.generic import RedirectView

from gallery.views.site import healthz
from photosky.late_urls import late

urlpatterns = [
    path("", include("gallery.urls")),
    late("api/", "gallery.api.urls", "api"),
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    # Says that sign-up is closed; allauth's own pages refer to both by name.
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    late("admin/", "photosky.admin_urls", "admin"),
    # For links on pages: to look up an address of the administration is to load all of it.
    path("administration/", RedirectView.as_view(pattern_name="admin:index"), name="administration"),
    path("healthz/", healthz, name="healthz"),
]
