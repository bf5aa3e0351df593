"""The addresses of people: signing in and what guards it under /accounts/, one's own account under /account/.

allauth refers to its pages by these names. Their code is imported by the first request for one of them.
"""

from django.conf import settings
from django.urls import URLPattern, path, re_path

from photosky.late_views import late_view

ALLAUTH = "allauth.account.views"
MFA = "allauth.mfa"
OURS = "gallery.views"


def _page(route: str, view: str, name: str) -> URLPattern:
    return path(route, late_view(view), name=name)


signing_in = [
    _page("accounts/login/", f"{ALLAUTH}.login", "account_login"),
    _page("accounts/logout/", f"{ALLAUTH}.logout", "account_logout"),
    _page("accounts/inactive/", f"{ALLAUTH}.account_inactive", "account_inactive"),
    _page("accounts/signup/", f"{ALLAUTH}.signup", "account_signup"),
    _page("accounts/reauthenticate/", f"{ALLAUTH}.reauthenticate", "account_reauthenticate"),
    _page("accounts/password/change/", f"{ALLAUTH}.password_change", "account_change_password"),
    _page("accounts/password/set/", f"{ALLAUTH}.password_set", "account_set_password"),
    _page("accounts/sessions/", f"{OURS}.account.sessions", "usersessions_list"),
]

# These need mail; without it their pages say what to do instead.
by_mail = [
    _page("accounts/password/reset/", f"{OURS}.account_mail.password_reset", "account_reset_password"),
    _page("accounts/password/reset/done/", f"{ALLAUTH}.password_reset_done", "account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        late_view(f"{ALLAUTH}.password_reset_from_key"),
        name="account_reset_password_from_key",
    ),
    _page(
        "accounts/password/reset/key/done/",
        f"{ALLAUTH}.password_reset_from_key_done",
        "account_reset_password_from_key_done",
    ),
    _page("accounts/email/", f"{OURS}.account_mail.email", "account_email"),
    _page(
        "accounts/confirm-email/",
        f"{ALLAUTH}.email_verification_sent",
        "account_email_verification_sent",
    ),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$",
        late_view(f"{ALLAUTH}.confirm_email"),
        name="account_confirm_email",
    ),
]

second_factor = [
    _page("accounts/2fa/", f"{MFA}.base.views.index", "mfa_index"),
    _page("accounts/2fa/authenticate/", f"{OURS}.account_factors.authenticate", "mfa_authenticate"),
    _page("accounts/2fa/reauthenticate/", f"{OURS}.account_factors.reauthenticate", "mfa_reauthenticate"),
    _page("accounts/2fa/totp/activate/", f"{OURS}.account_factors.activate_totp", "mfa_activate_totp"),
    _page("accounts/2fa/totp/deactivate/", f"{MFA}.totp.views.deactivate_totp", "mfa_deactivate_totp"),
    _page(
        "accounts/2fa/recovery-codes/",
        f"{MFA}.recovery_codes.views.view_recovery_codes",
        "mfa_view_recovery_codes",
    ),
    _page(
        "accounts/2fa/recovery-codes/generate/",
        f"{OURS}.account_factors.generate_recovery_codes",
        "mfa_generate_recovery_codes",
    ),
    _page(
        "accounts/2fa/recovery-codes/download/",
        f"{MFA}.recovery_codes.views.download_recovery_codes",
        "mfa_download_recovery_codes",
    ),
    _page("accounts/passkeys/", f"{MFA}.webauthn.views.list_webauthn", "mfa_list_webauthn"),
    _page("accounts/passkeys/add/", f"{MFA}.webauthn.views.add_webauthn", "mfa_add_webauthn"),
    _page("accounts/passkeys/login/", f"{MFA}.webauthn.views.login_webauthn", "mfa_login_webauthn"),
    _page(
        "accounts/passkeys/reauthenticate/",
        f"{MFA}.webauthn.views.reauthenticate_webauthn",
        "mfa_reauthenticate_webauthn",
    ),
    _page(
        "accounts/passkeys/<int:pk>/remove/", f"{MFA}.webauthn.views.remove_webauthn", "mfa_remove_webauthn"
    ),
    _page("accounts/passkeys/<int:pk>/edit/", f"{MFA}.webauthn.views.edit_webauthn", "mfa_edit_webauthn"),
]

own_account = [
    _page("account/", f"{OURS}.account.hub", "account"),
    _page("account/profile/", f"{OURS}.account.profile", "account_profile"),
    _page("account/tokens/", f"{OURS}.account_tokens.tokens", "account_tokens"),
    _page("account/tokens/<uuid:token_id>/revoke/", f"{OURS}.account_tokens.revoke", "revoke_token"),
    _page("account/webhooks/", f"{OURS}.account_webhooks.webhooks", "account_webhooks"),
    _page("account/webhooks/<uuid:webhook_id>/", f"{OURS}.account_webhooks.webhook", "account_webhook"),
    _page("account/webhooks/<uuid:webhook_id>/act/", f"{OURS}.account_webhooks.act", "account_webhook_act"),
    _page(
        "account/webhooks/<uuid:webhook_id>/delete/",
        f"{OURS}.account_webhooks.delete",
        "account_webhook_delete",
    ),
    _page("account/export/", f"{OURS}.account_leaving.export", "account_export"),
    _page("account/export/<uuid:job_id>/", f"{OURS}.account_leaving.exported", "account_exported"),
    _page("account/delete/", f"{OURS}.account_leaving.delete", "account_delete"),
    _page("account/invitations/", f"{OURS}.invitations.invitations", "invitations"),
    _page(
        "account/invitations/<uuid:invitation_id>/revoke/",
        f"{OURS}.invitations.revoke",
        "revoke_invitation",
    ),
    _page("join/<str:token>/", f"{OURS}.invitations.accept", "accept_invitation"),
]

urlpatterns = [*signing_in, *by_mail, *second_factor, *own_account]

if settings.OIDC:
    SOCIAL = "allauth.socialaccount.views"
    urlpatterns += [
        _page("accounts/oidc/<slug:provider_id>/login/", f"{OURS}.account_sso.login", "openid_connect_login"),
        _page(
            "accounts/oidc/<slug:provider_id>/login/callback/",
            f"{OURS}.account_sso.callback",
            "openid_connect_callback",
        ),
        _page("accounts/connections/", f"{SOCIAL}.connections", "socialaccount_connections"),
        _page("accounts/connections/signup/", f"{SOCIAL}.signup", "socialaccount_signup"),
        _page(
            "accounts/connections/cancelled/", f"{SOCIAL}.login_cancelled", "socialaccount_login_cancelled"
        ),
        _page("accounts/connections/error/", f"{SOCIAL}.login_error", "socialaccount_login_error"),
    ]
