"""The rhythm of an inspection, and the years of the working calendar."""

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_deputies"),
        ("rectification", "0016_returns_and_points"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarYear",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(unique=True, verbose_name="年份")),
                ("is_announced", models.BooleanField(default=False, verbose_name="放假安排已公布")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("computed", "按法定节日推算"),
                            ("package", "随软件提供"),
                            ("notice", "放假通知导入"),
                            ("by_hand", "人工登记"),
                        ],
                        max_length=20,
                        verbose_name="来源",
                    ),
                ),
                (
                    "source_name",
                    models.CharField(blank=True, max_length=200, verbose_name="来源文件"),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
                ("changed_at", models.DateTimeField(verbose_name="更新时间")),
            ],
            options={
                "verbose_name": "日历年份",
                "verbose_name_plural": "日历年份",
                "ordering": ["year"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("year__gte", 2000), ("year__lte", 2099)),
                        name="calendar_year_is_possible",
                        violation_error_message="年份请填 2000 到 2099。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("source__in", ["computed", "package", "notice", "by_hand"])
                        ),
                        name="calendar_source_is_known",
                        violation_error_message="日历来源不在列表中。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_announced", True), ("source", "computed"), _negated=True
                        ),
                        name="calendar_computed_is_not_announced",
                        violation_error_message="按法定节日推算的年份不能标为已公布。",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="inspection",
            name="dispatch_at",
            field=models.TimeField(
                default=datetime.time(8, 0),
                help_text="会议日到了这个时间开始报送。",
                verbose_name="开始时间",
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="dispatch_first_number",
            field=models.IntegerField(default=1, editable=False, verbose_name="起始次数"),
        ),
        migrations.AddField(
            model_name="inspection",
            name="dispatch_rhythm",
            field=models.CharField(
                choices=[
                    ("every_days", "每若干天"),
                    ("weekly", "每周"),
                    ("half_monthly", "每半月"),
                    ("monthly", "每月"),
                ],
                default="every_days",
                max_length=20,
                verbose_name="调度周期",
            ),
        ),
        migrations.AddField(
            model_name="inspection",
            name="dispatch_version",
            field=models.PositiveIntegerField(
                default=1, editable=False, verbose_name="调度安排版本"
            ),
        ),
        migrations.AlterField(
            model_name="inspection",
            name="dispatch_anchor",
            field=models.DateField(
                blank=True,
                help_text="第一次调度的日子，以后都从这一天数起；遇休息日顺延到下一个工作日。不填就不开始调度。",
                null=True,
                verbose_name="调度起始日",
            ),
        ),
        migrations.AlterField(
            model_name="inspection",
            name="dispatch_every_days",
            field=models.PositiveSmallIntegerField(
                default=14,
                help_text="周期是“每若干天”时使用，14 就是双周。",
                verbose_name="调度间隔(天)",
            ),
        ),
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dispatch_rhythm__in", ["every_days", "weekly", "half_monthly", "monthly"])
                ),
                name="inspection_rhythm_is_known",
                violation_error_message="调度周期不在列表中，请重新选择。",
            ),
        ),
    ]
