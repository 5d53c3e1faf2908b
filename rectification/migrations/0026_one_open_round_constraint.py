from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("rectification", "0025_one_open_round")]

    operations = [
        migrations.AddConstraint(
            model_name="dispatchround",
            constraint=models.UniqueConstraint(
                name="one_open_round_of_an_inspection",
                fields=["inspection"],
                condition=Q(state="open"),
                violation_error_message="本次巡察已有一次进行中的调度，请先结束它。",
            ),
        ),
    ]
