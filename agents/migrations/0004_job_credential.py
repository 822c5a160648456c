# The key that was chosen for a job's runner.

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0003_webhooks'),
        ('credentials', '0004_uses_of_job'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='credential',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='credentials.credential'),
        ),
    ]
