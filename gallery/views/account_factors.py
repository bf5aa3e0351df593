"""allauth's pages of second factors, whose transactions are begun again when they lost a race, as all others are."""

from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.recovery_codes.internal import flows as recovery_flows
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.internal import flows as totp_flows

from photosky.database import atomic_retry

# Each is a transaction that tells what it did, also by mail, after its COMMIT.
for place, name in (
    (totp_flows, "activate_totp"),
    (recovery_flows, "generate_recovery_codes"),
    (RecoveryCodes, "validate_code"),
):
    setattr(place, name, atomic_retry(getattr(place, name).__wrapped__))

authenticate, reauthenticate = base.authenticate, base.reauthenticate
activate_totp = totp.activate_totp
generate_recovery_codes = recovery_codes.generate_recovery_codes
