from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0046_anchor_after_feedback")]

    operations = [
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dispatch_anchor", None),
                    ("dispatch_anchor__gte", models.F("feedback_date")),
                    _connector="OR",
                ),
                name="inspection_anchor_after_feedback",
                violation_error_message="调度起始日不能早于反馈日期，请核对年份。",
            ),
        ),
    ]
