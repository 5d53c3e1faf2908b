import secrets

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import Role, RoleAssignment, Unit, UnitKind, User

KINDS = {
    "system": Role.SYSTEM_ADMIN,
    "security": Role.SECURITY_ADMIN,
    "audit": Role.AUDIT_ADMIN,
}


class Command(BaseCommand):
    help = "建立系统、安全或审计管理员（三员分设，一人只能是其中之一），并显示一次初始密码。"

    def add_arguments(self, parser):
        parser.add_argument("--kind", required=True, choices=sorted(KINDS), help="管理员类别")
        parser.add_argument("--username", required=True, help="登录名")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--unit", required=True, help="单位全称；名册里没有时建为顶级单位")

    @transaction.atomic
    def handle(self, *, kind, username, name, unit, **options):
        if User.objects.filter(username=username).exists():
            raise CommandError(f"登录名 {username} 已有人使用，请换一个。", returncode=2)
        password = secrets.token_urlsafe(12)
        now = timezone.now()
        acts = []
        bureau = Unit.objects.filter(name=unit).first()
        if bureau is None:
            bureau = Unit.objects.plant(name=unit, parent=None, kind=UnitKind.BUREAU)
            acts.append(journal.Act("enter", "unit", str(bureau.pk), after={"name": unit}))
        user = User.objects.create_user(username, password=password, name=name, unit=bureau)
        RoleAssignment.objects.create(
            user=user, role=KINDS[kind], unit=bureau, started_on=timezone.localdate(now)
        )
        acts.append(journal.Act("enter", "user", str(user.pk), after={"role": KINDS[kind]}))
        journal.append_all(acts, by=None, at=now)
        self.stdout.write(f"已建立{KINDS[kind].label} {name}（{username}），初始密码：{password}")
