"""What the support staff see: every model, and the pages of the admin that belong to none."""

from accounts.admin.site import StaffSite
from accounts.models import Organization, ServiceAccount
from tokens.admin.home import home
from tokens.admin.organizations import OrganizationRecord
from tokens.admin.service_accounts import ServiceAccountRecord
from tokens.admin.tokens import TokenRecord
from tokens.models import Token

site = StaffSite()
site.add_page("", home, "index")
site.register(Organization, OrganizationRecord)
site.register(ServiceAccount, ServiceAccountRecord)
site.register(Token, TokenRecord)
