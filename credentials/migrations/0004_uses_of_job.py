# The keys that a job used are found by the job.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credentials', '0003_invitations'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='credentialuse',
            index=models.Index(condition=models.Q(('job_id__isnull', False)), fields=['job_id'], name='uses_of_job'),
        ),
    ]
