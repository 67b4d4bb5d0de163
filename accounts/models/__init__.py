"""The records of accounts."""

from accounts.models.attempt import Attempt
from accounts.models.audit_event import AuditEvent
from accounts.models.bulk_run import BulkItem, BulkRun
from accounts.models.idempotency_key import IdempotencyKey
from accounts.models.invitation import Invitation
from accounts.models.key_fingerprint import KeyFingerprint
from accounts.models.membership import Membership
from accounts.models.organization import Organization
from accounts.models.refresh_family import RefreshFamily
from accounts.models.service_account import ServiceAccount
from accounts.models.session import Session
from accounts.models.totp_step import TotpStep
from accounts.models.user import ExternalIdentity, User

__all__ = [
    "Attempt",
    "AuditEvent",
    "BulkItem",
    "BulkRun",
    "ExternalIdentity",
    "IdempotencyKey",
    "Invitation",
    "KeyFingerprint",
    "Membership",
    "Organization",
    "RefreshFamily",
    "ServiceAccount",
    "Session",
    "TotpStep",
    "User",
]
