from django.db import migrations

BATCH_OF_2048 = 2.048


def fill(apps, schema_editor):
    """Models measured before: a run with a frozen backbone needs at most what one that trains it does."""
    for model in apps.get_model('hackathon', 'BaseModel').objects.all():
        for speed in model.speed.values():
            grown = BATCH_OF_2048 * speed['megabytes_per_thousand_units']
            speed.setdefault('frozen_megabytes', speed['megabytes_fixed'] + grown)
        model.save(update_fields=['speed'])


class Migration(migrations.Migration):

    dependencies = [
        ('hackathon', '0009_base_model_longest'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
