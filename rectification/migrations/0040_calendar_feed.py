import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_deputies"),
        ("rectification", "0036_usual_rungs"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(max_length=64, unique=True, verbose_name="地址校验码"),
                ),
                ("created_at", models.DateTimeField(verbose_name="启用时间")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="停用时间")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_feeds",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="人员",
                    ),
                ),
            ],
            options={
                "verbose_name": "日历订阅",
                "verbose_name_plural": "日历订阅",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("user",),
                        name="one_calendar_feed_of_a_person",
                        violation_error_message="这个人已有一个日历订阅地址，请先停用。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None),
                            ("ended_at__gte", models.F("created_at")),
                            _connector="OR",
                        ),
                        name="calendar_feed_ends_after_it_begins",
                        violation_error_message="日历订阅的停用时间不能早于启用时间。",
                    ),
                ],
            },
        ),
    ]
