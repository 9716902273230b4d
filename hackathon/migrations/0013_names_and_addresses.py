from django.db import migrations, models
from django.db.models.functions import Cast

from hackathon.accounts.mailbox import LONGEST_ADDRESS, email_key, normal_email
from hackathon.models.key import numbered
from training_worker.contract.text import LONGEST_KEY, name_key


def name_organizations(apps, schema_editor):
    """Of those that share a name the oldest has its key; the others have a number behind it."""
    organizations, taken = apps.get_model('hackathon', 'Organization').objects, set()
    for pk, name in organizations.order_by('created_at', 'pk').values_list('pk', 'name'):
        key = numbered(name_key(name), taken, longest=LONGEST_KEY)
        taken.add(key)
        organizations.filter(pk=pk).update(name_key=key)


def spelled(email):
    try:
        return normal_email(email)
    except ValueError:
        return email.lower()


def spell_addresses(apps, schema_editor):
    """Of accounts that share a mailbox the oldest has its key. Where another account has the spelling that an address
    would get, it stays as it is."""
    users = apps.get_model('hackathon', 'User').objects
    rows = list(users.order_by('created_at', 'pk').values_list('pk', 'email'))
    users.update(email_key=Cast('pk', models.CharField()))  # no key of before is in the way of a new one
    emails, keys = {email for _pk, email in rows}, set()
    for pk, email in rows:
        if spelled(email) not in emails:
            email = spelled(email)
            emails.add(email)
        key = numbered(email_key(email), keys, longest=LONGEST_ADDRESS)
        keys.add(key)
        users.filter(pk=pk).update(email=email, email_key=key)


def spell_mailboxes(apps, schema_editor):
    addresses = apps.get_model('account', 'EmailAddress').objects
    known = set(addresses.values_list('email', flat=True))
    for row in addresses.order_by('pk'):
        email = spelled(row.email)
        if email not in known:
            known.add(email)
            addresses.filter(pk=row.pk).update(email=email)


class Migration(migrations.Migration):

    dependencies = [
        ('account', '0009_emailaddress_unique_primary_email'),
        ('hackathon', '0012_search_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='name_key',
            field=models.CharField(default='', editable=False, max_length=250),
            preserve_default=False,
        ),
        migrations.RunPython(name_organizations, migrations.RunPython.noop),
        migrations.RunPython(spell_addresses, migrations.RunPython.noop),
        migrations.RunPython(spell_mailboxes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='organization',
            name='name_key',
            field=models.CharField(editable=False, max_length=250, unique=True),
        ),
        migrations.AlterField(
            model_name='organization',
            name='name',
            field=models.CharField(max_length=200, verbose_name='name'),
        ),
        migrations.AddIndex(
            model_name='organization',
            index=models.Index(fields=['name'], name='hackathon_o_name_05ab17_idx'),
        ),
    ]
