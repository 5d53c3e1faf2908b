from django.contrib.admin import AdminSite
from django.http import HttpRequest

from accounts.models import Role, User
from accounts.rights import rights_of

KEEPERS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)  # the audit administrator has the journal


class Administration(AdminSite):
    """The admin site: open to the system and the security administrator, and to nobody else."""

    site_header = site_title = "整改台账 管理后台"
    index_title = "单位、人员、角色与设置"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and rights_of(user).holds(*KEEPERS)
