from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0009_registers_title_keys")]

    operations = [
        migrations.AddConstraint(
            model_name="institutionaloutcome",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("inspection", "title_key"),
                name="one_standing_outcome_of_a_title",
                violation_error_message="本次巡察已登记这项制度（名称相同，书名号、空格和全角半角不计），一项只登记一次：请打开已有的那一项，加上对应的措施或问题。",
            ),
        ),
    ]
