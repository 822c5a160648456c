# What GitHub told, and since when a pull request is in its state.

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0002_put_aside'),
    ]

    operations = [
        migrations.AddField(
            model_name='pullrequest',
            name='forge_updated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('delivery_id', models.UUIDField(unique=True)),
                ('event', models.CharField(max_length=64)),
                ('action', models.CharField(blank=True, max_length=64)),
                ('repository', models.CharField(blank=True, max_length=250)),
                ('repository_id', models.BigIntegerField(blank=True, null=True)),
                ('body', models.TextField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('ignored', 'Ignored'), ('failed', 'Failed')], max_length=10)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
                'indexes': [models.Index(condition=models.Q(('processed_at', None)), fields=['received_at'], name='delivery_waiting'), models.Index(fields=['received_at'], name='delivery_received'), models.Index(fields=['repository_id', 'event'], name='delivery_repository')],
            },
        ),
    ]
