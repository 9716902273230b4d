from django.db import migrations, models


def fill_sort_keys(apps, schema_editor):
    """Until now every metric was better the higher it is."""
    apps.get_model("evaluation", "LeaderboardEntry").objects.update(sort_key=models.F("score"))


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0004_dummy_score'),
    ]

    operations = [
        migrations.AddField(
            model_name='leaderboardentry',
            name='sort_key',
            field=models.FloatField(default=0.0, editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill_sort_keys, migrations.RunPython.noop),
        migrations.AlterModelOptions(
            name='leaderboardentry',
            options={'ordering': ['-sort_key', 'received_at'], 'verbose_name': 'leaderboard entry', 'verbose_name_plural': 'leaderboard entries'},
        ),
    ]
