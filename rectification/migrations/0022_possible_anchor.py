"""A round falls into this century: a mistyped year would make hundreds of them."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0021_past_calendar")]

    operations = [
        migrations.AddConstraint(
            model_name="inspection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dispatch_anchor", None),
                    models.Q(
                        ("dispatch_anchor__gte", datetime.date(2000, 1, 1)),
                        ("dispatch_anchor__lte", datetime.date(2099, 12, 31)),
                    ),
                    _connector="OR",
                ),
                name="inspection_anchor_is_possible",
                violation_error_message="调度起始日请填 2000 年到 2099 年之间的日子。",
            ),
        ),
    ]
