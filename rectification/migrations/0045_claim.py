from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0041_notices_of_a_test")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="claim",
            field=models.CharField(blank=True, default="", max_length=40, verbose_name="占用批次"),
            preserve_default=False,
        ),
        migrations.RemoveIndex(model_name="notice", name="notice_waiting"),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "due")),
                fields=["not_before", "id"],
                name="notice_due",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "sending")),
                fields=["lease_until", "id"],
                name="notice_leased",
            ),
        ),
    ]
