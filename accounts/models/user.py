from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from accounts.models.unit import Unit


class PeopleManager(UserManager["User"]):
    def named(self, name: str) -> "User | None":
        """The one person of this name, or nobody where there is none or more than one."""
        found = list(self.filter(name=name)[:2])
        return found[0] if len(found) == 1 else None


class User(AbstractUser):
    """A person who appears in the ledger; one without a usable password cannot sign in."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=50)
    position = models.CharField("职务", max_length=50, blank=True)
    unit = models.ForeignKey(
        Unit,
        verbose_name="所在单位",
        on_delete=models.PROTECT,
        related_name="people",
        null=True,
        blank=True,
    )

    # In whose name this person acts in this request, as their deputy; nobody's for most. The record
    # of every act names both.
    acting_for: "User | None" = None

    objects = PeopleManager()  # type: ignore[misc]

    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = "人员"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        for name in [name for name in self.__dict__ if name.startswith("rights")]:
            del self.__dict__[name]
