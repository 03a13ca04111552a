"""A collection is found by its id, which stands in its path, without reading every path."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the id, kept by PostgreSQL itself, and its index."""

    dependencies = (("ledger", "0002_audit_append_only"),)
    operations = (
        migrations.AddField(
            model_name="collectionentry",
            name="identity",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("path"), models.Value("/id="), models.Value(2), function="split_part"
                ),
                help_text="Its id: the last part of its folder's name.",
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="collectionentry",
            index=models.Index(fields=["identity"], name="collection_identity"),
        ),
    )
