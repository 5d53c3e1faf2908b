"""Triggers that refuse to change, delete or truncate the journal, on both databases."""

from django.db import migrations

SAYS = "审计日志只能追加，不能修改或删除。"
TABLE = "accounts_journalentry"

GUARD = {
    "sqlite": [
        f"""
        CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON {TABLE}
        BEGIN SELECT RAISE(ABORT, '{SAYS}'); END
        """
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        f"""
        CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION journal_is_append_only()
        """,
        f"""
        CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON {TABLE}
        FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()
        """,
    ],
}
LIFT = {
    "sqlite": ["DROP TRIGGER journal_no_update", "DROP TRIGGER journal_no_delete"],
    "postgresql": [
        f"DROP TRIGGER journal_no_truncate ON {TABLE}",
        f"DROP TRIGGER journal_no_change ON {TABLE}",
        "DROP FUNCTION journal_is_append_only()",
    ],
}


def guard(apps, schema_editor):
    for statement in GUARD[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def lift(apps, schema_editor):
    for statement in LIFT[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(guard, lift)]
