from itertools import accumulate

from django.db import migrations, models


def fill_histories(apps, schema_editor):
    """As `refresh_entry` does, for the rows that are there."""
    Result = apps.get_model("evaluation", "Result")
    Withdrawal = apps.get_model("submissions", "Withdrawal")
    withdrawn = Withdrawal.objects.filter(restored_at__isnull=True).values("submission")
    ranked = Result.objects.filter(job__kind="run", job__replicate=0).exclude(job__submission__in=withdrawn)
    received = ranked.order_by("job__submission__received_at", "job__submission__number")
    for entry in apps.get_model("evaluation", "LeaderboardEntry").objects.iterator():
        own = received.filter(scoring_version=entry.scoring_version, job__team=entry.team_id, job__phase=entry.phase_id)
        entry.history = list(accumulate(own.values_list("public_score", flat=True), max))
        entry.save(update_fields=["history"])


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0002_initial'),
        ('submissions', '0003_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='leaderboardentry',
            name='history',
            field=models.JSONField(default=list, editable=False),
        ),
        migrations.RunPython(fill_histories, migrations.RunPython.noop),
    ]
