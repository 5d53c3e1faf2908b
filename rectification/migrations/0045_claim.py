from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0016_returns_and_points")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="claim",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="占用批次"),
            preserve_default=False,
        ),
    ]
