from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rectification", "0014_past_notices")]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="key",
            field=models.CharField(max_length=700, unique=True, verbose_name="唯一键"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state__in", ["due", "sending"])),
                fields=["not_before", "id"],
                name="notice_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["recipient", "-created_at"], name="notice_of_a_person"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["round_opened", "digest", "letter", "trouble"])),
                name="notice_kind_is_known",
                violation_error_message="通知类别不在列表中。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["in_app", "mail", "wecom", "dingtalk", "feishu"])
                ),
                name="notice_channel_is_known",
                violation_error_message="通知渠道不在列表中。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["due", "sending", "sent", "suppressed", "failed", "held"])
                ),
                name="notice_state_is_known",
                violation_error_message="通知状态不在列表中。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "sending")),
                    models.Q(models.Q(("state", "sending"), _negated=True), ("lease_until", None)),
                    _connector="OR",
                ),
                name="notice_is_leased_iff_sending",
                violation_error_message="只有发送中的通知才有占用时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("outcome_at__isnull", False),
                        ("state__in", ("sent", "suppressed", "failed", "held")),
                    ),
                    models.Q(
                        models.Q(
                            ("state__in", ("sent", "suppressed", "failed", "held")), _negated=True
                        ),
                        ("outcome_at", None),
                    ),
                    _connector="OR",
                ),
                name="notice_has_outcome_time_iff_over",
                violation_error_message="只有已有结果的通知才有结果时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reason", ""), ("state__in", ["suppressed", "failed", "held"]), _negated=True
                ),
                name="notice_says_why_it_was_not_sent",
                violation_error_message="没有送达的通知要写明原因。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "in_app"), _negated=True),
                    ("state__in", ["sent", "suppressed"]),
                    _connector="OR",
                ),
                name="notice_inside_is_there_at_once",
                violation_error_message="站内通知生成即送达。",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel", "in_app"), models.Q(("address", ""), _negated=True), _connector="OR"
                ),
                name="notice_outside_has_an_address",
                violation_error_message="站外通知要有地址。",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("unit", None), ("user__isnull", False)),
                    models.Q(("unit__isnull", False), ("user", None)),
                    _connector="OR",
                ),
                name="contact_point_of_a_person_or_a_unit",
                violation_error_message="联系方式要么属于一个人，要么属于一个单位。",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ("mail", "wecom", "dingtalk", "feishu"))),
                name="contact_point_channel_goes_outward",
                violation_error_message="联系方式的渠道只能是邮件、企业微信、钉钉或飞书。",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gte", models.F("created_at")), _connector="OR"
                ),
                name="contact_point_ends_after_it_begins",
                violation_error_message="停用时间不能早于登记时间。",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("user", "channel", "address"),
                name="one_contact_point_of_a_person",
                violation_error_message="这个人已登记这个联系方式。",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("unit", "channel", "address"),
                name="one_contact_point_of_a_unit",
                violation_error_message="这个单位已登记这个联系方式。",
            ),
        ),
    ]
