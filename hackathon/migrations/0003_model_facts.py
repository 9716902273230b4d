from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hackathon', '0002_outgoing_mail'),
    ]

    operations = [
        migrations.RenameField(model_name='challengedata', old_name='mean_tokens', new_name='mean_cost'),
        migrations.AddField(
            model_name='basemodel',
            name='facts',
            field=models.JSONField(default=dict, editable=False),
            preserve_default=False,
        ),
        migrations.RemoveField(model_name='basemodel', name='speed'),
        migrations.AddField(
            model_name='basemodel',
            name='speed',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
