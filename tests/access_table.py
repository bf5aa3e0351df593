"""Who may use which address, for what: the table that tests/test_access_matrix.py holds the program to.

Every address stands here once for each method that it takes. An address that is missing fails the test, so that
nobody adds a page without saying who may see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("anonymous", "stranger", "viewer", "contributor", "editor", "owner", "staff")
NOBODY: frozenset[str] = frozenset()
EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"anonymous"}
OWNER = frozenset({"owner"})
# The roles in the album that is shared; staff who were not invited are strangers outside the administration.
MEMBERS = frozenset({"viewer", "contributor", "editor", "owner"})
ADDING = MEMBERS - {"viewer"}
ARRANGING = ADDING - {"contributor"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Who gets through, by the thing that the address names; `things` is empty where it names none.

    `body` is sent with the request; an answer that finds fault with it is an answer all the same.
    """

    allowed: Mapping[str, frozenset[str]] | frozenset[str]
    body: Mapping[str, object] = field(default_factory=dict)

    def who(self, thing: str) -> frozenset[str]:
        """Return the roles that get through to this thing."""
        return self.allowed if isinstance(self.allowed, frozenset) else self.allowed[thing]

    @property
    def things(self) -> tuple[str, ...]:
        """The things to try."""
        return ("",) if isinstance(self.allowed, frozenset) else tuple(self.allowed)


def seen(**more: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the rule of what shows an image: members see what is in the album, only its owner all the rest."""
    return {"shared": MEMBERS, "private": OWNER, "binned": NOBODY, "held": NOBODY, **more}


def owned(**more: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the rule of what changes an image, in the bin or not."""
    return {"shared": OWNER, "private": OWNER, "binned": OWNER, "held": OWNER, **more}


def mine() -> dict[str, frozenset[str]]:
    """Return the rule of what belongs to one person alone."""
    return {"thing": OWNER}


def album(roles: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return the rule of an album: these roles in the shared one, its owner alone in the private one."""
    return {"album": roles, "private album": OWNER}


TABLE: dict[tuple[str, str], Rule] = {}


def rule(allowed: Mapping[str, frozenset[str]] | frozenset[str], *addresses: str) -> None:
    """Enter addresses under one rule, each written as its name and its methods."""
    for address in addresses:
        name, *methods = address.split()
        for method in methods:
            TABLE[name, method] = Rule(allowed)


# Signing in and what goes with it is allauth's: it lets everybody in, or asks whoever is not signed in to do so first.
rule(
    EVERYBODY,
    "account_login get post", "account_signup get post", "account_inactive get",
    "account_reset_password get post", "account_reset_password_done get", "account_reset_password_from_key_done get",
    "account_email_verification_sent get",
)  # fmt: skip
rule(
    SIGNED_IN,
    "account get", "account_profile post", "account_tokens get post", "account_webhooks get post", "api:changes get", "account_delete get post", "account_export post",
    "account_change_password get post", "account_email get post", "account_reauthenticate get post",
    "account_set_password get post", "usersessions_list get post",
    "mfa_index get", "mfa_list_webauthn get", "mfa_add_webauthn get post", "mfa_activate_totp get post",
    "mfa_reauthenticate get post", "mfa_reauthenticate_webauthn get post",
)  # fmt: skip
# Nobody has a second factor, a passkey or a key from a mail here: whoever asks is refused or led elsewhere.
UNTRIED = {
    "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes",
    "mfa_edit_webauthn", "mfa_remove_webauthn", "account_confirm_email", "account_reset_password_from_key",
    "accept_invitation", "administration", "mfa_login_webauthn", "mfa_authenticate", "account_logout",
}  # fmt: skip
# What belongs to nobody: how the site looks, whether it is well, what makes it installable.
rule(
    EVERYBODY,
    "gallery:menu get", "gallery:theme post", "gallery:density post", "gallery:letter_keys post", "gallery:keys get",
    "gallery:manifest get", "gallery:service_worker get", "gallery:offline get", "gallery:shared_here post",
    "gallery:uploader_words get", "gallery:language post",
    "healthz get", "api:schema get", "api:docs get", "api:health get",
)  # fmt: skip
# Pages and lists of whoever asks: each sees their own.
rule(
    SIGNED_IN,
    "gallery:timeline get", "gallery:months get", "gallery:year get", "gallery:month get", "gallery:day get",
    "gallery:favourites get", "gallery:archive get", "gallery:on_this_day get", "gallery:bulk get post",
    "gallery:albums get", "gallery:create_album post", "gallery:arrange_top get post", "gallery:tags get",
    "gallery:search get", "gallery:map get", "gallery:map_area get", "gallery:map_photos get", "gallery:places get",
    "gallery:smart_new get post", "gallery:share_links get", "gallery:share_new get post", "gallery:share_review get post",
    "gallery:duplicates get", "gallery:duplicates_decide post", "gallery:duplicates_undo post", "api:duplicates get post",
    "gallery:bin get", "gallery:restore_many post", "gallery:empty_bin get post", "gallery:delete_all get post",
    "gallery:upload get", "gallery:upload_form post",
    "api:api-root get", "api:me get patch", "api:image-list get", "api:image-bulk post", "api:timeline-columns get",
    "api:timeline-months get", "api:album-list get post", "api:smart-album-list get post", "api:tag-list get",
    "api:tag-add post", "api:tag-remove post", "api:search get", "api:map-clusters get", "api:countries get", "api:places get",
    "api:share-link-list get post", "api:token-list get post", "api:webhook-list get post", "api:upload-list get post", "api:upload-finish-many post",
    "api:bin-list get", "api:bin-summary get", "api:bin-restore post", "api:bin-empty post", "api:bin-fill post",
    "api:guest-image-list get", "api:guest-image-approve post", "api:guest-image-reject post", "api:job-list get",
    "api:map-images get", "api:place-images get", "api:timeline-on-this-day get", "api:zip-list post", "api:me-export post",
)  # fmt: skip
# One photo: who was invited to an album sees what is in it; what changes it, or tells all of it, is its owner's.
rule(seen(), "gallery:photo get", "api:image-stack get")
rule(seen(binned=OWNER, held=OWNER), "api:image-detail get")
rule(
    owned(),
    "gallery:original get", "gallery:favourite post", "gallery:archive_photo post", "gallery:edit post",
    "gallery:rotate post", "gallery:restack post", "gallery:add_to_album post", "gallery:bin_photo post", "gallery:restore_photo post",
    "api:image-detail patch delete", "api:image-original get", "api:image-restore post", "api:image-rotate post",
    "api:image-stack post",
)  # fmt: skip
# Albums: members look, contributors add, editors arrange, and the owner decides who they are.
rule(
    album(MEMBERS),
    "gallery:album get",
    "api:album-detail get",
    "api:album-images get",
    "api:album-leave post",
)
rule(
    album(ADDING),
    "gallery:choose_photos get post", "gallery:arrange_album get", "api:album-add post", "api:album-remove post",
)  # fmt: skip
# Whoever has photos of their own in it may take them out, whatever their role is by now.
rule(album(MEMBERS), "gallery:remove_photos post")
rule(
    album(ARRANGING),
    "gallery:arrange_album post", "gallery:edit_album get post",
    "gallery:set_cover post", "api:album-arrange post", "api:album-detail patch",
)  # fmt: skip
rule(
    album(OWNER),
    "gallery:move_album get post", "gallery:delete_album get post", "gallery:members post",
    "gallery:arrange_albums get post", "api:album-detail delete", "api:album-place post", "api:album-member-list post",
)  # fmt: skip
rule(album(MEMBERS), "gallery:members get", "api:album-member-list get")
rule(
    {"album": OWNER},
    "gallery:set_role post",
    "gallery:remove_member get post",
    "api:album-member-detail patch",
)
rule({"album": MEMBERS - OWNER}, "gallery:leave_album get post")
# The member whose place is asked for is the viewer, who may leave.
rule({"album": OWNER | {"viewer"}}, "api:album-member-detail delete")
# What one person made is nobody else's.
rule(
    mine(),
    "gallery:tag get", "gallery:edit_tag get post", "gallery:delete_tag get post",
    "gallery:share_link get post", "gallery:share_renew post", "gallery:share_revoke get post",
    "gallery:upload_done get post", "gallery:download get", "gallery:download_file get",
    "api:tag-detail get patch delete", "api:tag-merge post", "api:smart-album-detail get patch delete",
    "api:share-link-detail get patch delete", "api:share-link-renew post", "api:token-detail delete",
    "api:upload-detail get delete", "api:upload-finish post", "api:upload-parts get",
    "api:job-detail get", "api:job-retry post", "api:zip-detail get", "api:zip-file get",
    "revoke_token post", "account_webhook get post", "account_webhook_act post", "account_webhook_delete get post",
    "api:webhook-detail get patch delete", "api:webhook-deliveries get", "api:webhook-ping post", "api:webhook-replay post",
)  # fmt: skip
rule(
    {"smart": OWNER},
    "gallery:smart_album get",
    "gallery:edit_smart get post",
    "gallery:delete_smart get post",
)
# Who owns an album may invite to it, and staff anybody.
rule(OWNER | {"staff"}, "invitations get post", "api:invitation-list get")
rule({"thing": OWNER | {"staff"}}, "revoke_invitation post", "api:invitation-detail delete")
rule({"export": OWNER}, "account_exported get")
# Who asked for no export has none.
rule(OWNER, "api:me-export get")
# Who there is, is for staff to know.
rule(frozenset({"staff"}), "api:user-list get")
rule({"thing": frozenset({"staff"})}, "api:user-detail get patch")
rule(
    {"place": OWNER},
    "gallery:country get",
    "gallery:country_photos get",
    "gallery:place get",
)
# Whoever holds a link, signed in or not, and nobody without.
rule(
    {"link": EVERYBODY, "unknown link": NOBODY},
    "gallery:shared get", "gallery:shared_photo get", "gallery:shared_picture get", "gallery:shared_preview get",
    "gallery:shared_embed get", "gallery:shared_feed get", "gallery:shared_zip post", "gallery:shared_download get",
    "gallery:shared_add get post", "gallery:shared_unlock post",
)  # fmt: skip
rule(
    {"unknown link": NOBODY},
    "gallery:shared_file get",
    "gallery:shared_copy get",
    "gallery:shared_added get post",
    "gallery:shared_nothing get",
)
# For programs with a token (test_immich.py), where the settings want it: otherwise there is no such address.
rule(NOBODY, "immich get")
rule(
    {"unknown link": NOBODY},
    "api:immich-ping get", "api:immich-version get", "api:immich-features get", "api:immich-config get",
    "api:immich-media-types get", "api:immich-about get", "api:immich-me get", "api:immich-key get",
    "api:immich-assets post", "api:immich-check post", "api:immich-statistics get", "api:immich-albums get post",
)  # fmt: skip
rule({"album": NOBODY}, "api:immich-album-assets get post put patch delete")
TABLE["gallery:share_oembed", "get"] = Rule(EVERYBODY, {"url": "the link"})
# To an album its owner invites; staff to the gallery, which test_api_people.py holds.
TABLE["api:invitation-list", "post"] = Rule(OWNER, {"album": "the album"})
TABLE["gallery:merge_tag", "post"] = Rule(mine(), {"into": "another tag"})
TABLE["api:upload-parts", "post"] = Rule(mine(), {"parts": [{"number": 1, "sha256": "0" * 64}]})
