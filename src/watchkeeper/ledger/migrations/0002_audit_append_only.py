"""The audit trail can be added to, and nothing else: PostgreSQL itself refuses the rest."""

from django.db import migrations

_FORWARDS = """
CREATE FUNCTION ledger_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON ledger_auditevent
    FOR EACH ROW EXECUTE FUNCTION ledger_audit_append_only();
CREATE TRIGGER audit_never_emptied BEFORE TRUNCATE ON ledger_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_audit_append_only();
"""
_BACKWARDS = """
DROP TRIGGER audit_never_emptied ON ledger_auditevent;
DROP TRIGGER audit_append_only ON ledger_auditevent;
DROP FUNCTION ledger_audit_append_only();
"""


class Migration(migrations.Migration):
    """Adds the triggers."""

    dependencies = (("ledger", "0001_initial"),)
    operations = (migrations.RunSQL(_FORWARDS, _BACKWARDS),)
