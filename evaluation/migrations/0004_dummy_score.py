from django.db import migrations, models


def reshape(exact, dummy):
    """{metric: value, …, "se": {…}, "per_class_f1": {…}} in the shape that `Result.public_metrics` describes."""
    errors = exact.get("se", {})
    names = [name for name in exact if name not in {"se", "per_class_f1"}]
    return {
        "metrics": {name: {"value": exact[name], "se": errors.get(name, 0.0)} for name in names},
        "dummy": dummy,
        "per_class_f1": exact.get("per_class_f1", {}),
    }


def reshape_all(apps, schema_editor):
    """The dummy baseline of the primary metric was kept on public items alone."""
    for result in apps.get_model("evaluation", "Result").objects.iterator():
        se = result.public_metrics.get("se", {}).get("majority", 0.0)
        dummy = {result.metric: {"value": result.dummy_score, "se": se}}
        result.public_metrics = reshape(result.public_metrics, dummy)
        result.private_metrics = reshape(result.private_metrics, {})
        result.save(update_fields=["public_metrics", "private_metrics"])


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0003_history'),
    ]

    operations = [
        migrations.RenameField(
            model_name='result',
            old_name='majority_score',
            new_name='dummy_score',
        ),
        migrations.AlterField(
            model_name='result',
            name='dummy_score',
            field=models.FloatField(verbose_name='dummy baseline, public'),
        ),
        migrations.RunPython(reshape_all, migrations.RunPython.noop),
    ]
