from django.db import models
from django.db.models import F, Q

from accounts.models.unit import Unit
from accounts.models.user import User


class Role(models.TextChoices):
    """What a person may be (domain, section 3). Each is held for a unit and all below it."""

    LIAISON = "liaison", "填报员"
    UNIT_HEAD = "unit_head", "单位负责人"
    OFFICE = "office", "整改办"
    EXECUTIVE = "executive", "分管领导"
    PARTY_GROUP = "party_group", "党组"
    SUPERVISOR = "supervisor", "监督人员"
    REVIEWER = "reviewer", "审校人员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


class RoleAssignment(models.Model):
    """Who holds which role, for which unit's subtree, since when. Ended, never deleted."""

    user = models.ForeignKey(
        User, verbose_name="人员", on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField("角色", max_length=20, choices=Role)
    unit = models.ForeignKey(
        Unit, verbose_name="范围(单位及其下级)", on_delete=models.PROTECT, related_name="+"
    )
    started_on = models.DateField("开始日期")
    ended_on = models.DateField("结束日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "角色"
        constraints = [
            models.CheckConstraint(
                name="role_is_known",
                condition=Q(role__in=Role.values),
                violation_error_message="角色不在列表中。",
            ),
            models.CheckConstraint(
                name="role_ends_after_it_starts",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                violation_error_message="角色的结束日期不能早于开始日期。",
            ),
            models.UniqueConstraint(
                name="one_administrator_role_a_person",
                fields=["user"],
                condition=Q(ended_on=None, role__in=ADMINISTRATORS),
                violation_error_message="三员分设：一个人只能担任一种管理员，请先结束原来的。",
            ),
            models.UniqueConstraint(
                name="a_role_is_held_once_for_a_unit",
                fields=["user", "role", "unit"],
                condition=Q(ended_on=None),
                violation_error_message="此人在该单位已有这个角色。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}({self.unit})"
