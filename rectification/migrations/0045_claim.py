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
        migrations.AddField(
            model_name="notice",
            name="message_id",
            field=models.CharField(blank=True, default="", max_length=320, verbose_name="邮件编号"),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "mail"), _negated=True),
                    models.Q(("message_id", ""), _negated=True),
                    _connector="OR",
                ),
                name="notice_by_mail_has_a_message_id",
                violation_error_message="邮件通知要有邮件编号。",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("channel", "mail"), ("state", "sent")),
                fields=["-outcome_at", "-id"],
                name="notice_mail_sent",
            ),
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
