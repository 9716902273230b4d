from django.db import migrations, models

from training_worker.contract.text import name_key


def name_tags(apps, schema_editor):
    """A submission keeps the first of two tags that people read as the same."""
    tags = apps.get_model('submissions', 'Tag').objects
    for row in tags.order_by('position', 'pk'):
        key = name_key(row.name)
        if key == row.key:
            continue
        if tags.filter(submission=row.submission_id, key=key).exists():
            row.delete()
        else:
            tags.filter(pk=row.pk).update(key=key)


class Migration(migrations.Migration):

    dependencies = [
        ('submissions', '0009_search_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tag',
            name='key',
            field=models.CharField(db_index=True, editable=False, max_length=250),
        ),
        migrations.RunPython(name_tags, migrations.RunPython.noop),
    ]
