"""A message by which somebody tries a way to be reached is a kind of its own; so is what a unit
hears of a point or a report in a round."""

from django.db import migrations, models

KINDS = {
    "round_opened": "调度开始",
    "dispatch": "调度事项",
    "digest": "每日提醒",
    "letter": "督办函件",
    "trouble": "发送异常",
    "test": "测试消息",
}


class Migration(migrations.Migration):
    dependencies = [("rectification", "0040_calendar_feed")]

    operations = [
        migrations.RemoveConstraint(model_name="notice", name="notice_kind_is_known"),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField("类别", choices=list(KINDS.items()), max_length=20),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", list(KINDS))),
                name="notice_kind_is_known",
                violation_error_message="通知类别不在列表中。",
            ),
        ),
    ]
