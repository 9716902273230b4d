from collections import defaultdict
from contextlib import suppress

from django.db import migrations, models

from hackathon.accounts.mailbox import normal_email
from hackathon.models.key import numbered
from training_worker.contract.text import LONGEST_KEY, name_key


def name_teams(apps, schema_editor):
    """Of the teams of a hackathon that share a name the oldest has its key; the others have a number behind it."""
    teams, taken = apps.get_model('teams', 'Team').objects, defaultdict(set)
    for pk, hackathon, name in teams.order_by('created_at', 'pk').values_list('pk', 'hackathon', 'name'):
        key = numbered(name_key(name), taken[hackathon], longest=LONGEST_KEY)
        taken[hackathon].add(key)
        teams.filter(pk=pk).update(name_key=key)


def spell_addresses(apps, schema_editor):
    invitations = apps.get_model('teams', 'Invitation').objects
    for pk, email in invitations.exclude(email='').values_list('pk', 'email'):
        with suppress(ValueError):
            invitations.filter(pk=pk).update(email=normal_email(email))


class Migration(migrations.Migration):

    dependencies = [
        ('hackathon', '0013_names_and_addresses'),
        ('teams', '0004_search_indexes'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='team',
            name='one_team_name',
        ),
        migrations.AddField(
            model_name='team',
            name='name_key',
            field=models.CharField(default='', editable=False, max_length=250),
            preserve_default=False,
        ),
        migrations.RunPython(name_teams, migrations.RunPython.noop),
        migrations.RunPython(spell_addresses, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='team',
            constraint=models.UniqueConstraint(fields=('hackathon', 'name_key'), name='one_team_name'),
        ),
    ]
