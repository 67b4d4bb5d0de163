"""What the support staff see: every model, and the pages of the admin that belong to none."""

from django.contrib.auth.models import Group

from accounts.admin.audit_log import AuditEventRecord
from accounts.admin.behind import (
    AttemptRecord,
    ExternalIdentityRecord,
    GroupRecord,
    IdempotencyKeyRecord,
    KeyFingerprintRecord,
    RefreshFamilyRecord,
    SessionRecord,
    TotpStepRecord,
)
from accounts.admin.invitations import InvitationRecord
from accounts.admin.memberships import MembershipRecord
from accounts.admin.people import UserRecord
from accounts.admin.site import StaffSite
from accounts.models import (
    Attempt,
    AuditEvent,
    BulkItem,
    BulkRun,
    ExternalIdentity,
    IdempotencyKey,
    Invitation,
    KeyFingerprint,
    Membership,
    Organization,
    RefreshFamily,
    ServiceAccount,
    Session,
    TotpStep,
    User,
)
from tokens.admin.behind import (
    ForwardKeyRecord,
    StashedSecretRecord,
    TokenUsageRecord,
    TokenUseRecord,
)
from tokens.admin.home import home
from tokens.admin.lookup import who_is_this_token
from tokens.admin.organizations import OrganizationRecord
from tokens.admin.runs import BulkItemRecord, BulkRunRecord
from tokens.admin.service_accounts import ServiceAccountRecord
from tokens.admin.tokens import TokenRecord
from tokens.models import ForwardKey, StashedSecret, Token, TokenUsage, TokenUse

site = StaffSite()
site.add_page("", home, "index")
site.add_page("who-is-this-token", who_is_this_token, "who-is-this-token")
site.register(Organization, OrganizationRecord)
site.register(ServiceAccount, ServiceAccountRecord)
site.register(Token, TokenRecord)
site.register(User, UserRecord)
site.register(Membership, MembershipRecord)
site.register(AuditEvent, AuditEventRecord)
site.register(Invitation, InvitationRecord)
site.register(BulkRun, BulkRunRecord)
site.register(BulkItem, BulkItemRecord)
site.register(Group, GroupRecord)
site.register(ExternalIdentity, ExternalIdentityRecord)
site.register(Session, SessionRecord)
site.register(RefreshFamily, RefreshFamilyRecord)
site.register(TokenUsage, TokenUsageRecord)
site.register(TokenUse, TokenUseRecord)
site.register(StashedSecret, StashedSecretRecord)
site.register(IdempotencyKey, IdempotencyKeyRecord)
site.register(TotpStep, TotpStepRecord)
site.register(Attempt, AttemptRecord)
site.register(KeyFingerprint, KeyFingerprintRecord)
site.register(ForwardKey, ForwardKeyRecord)
