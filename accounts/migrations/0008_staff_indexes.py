import accounts.querysets
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the support staff's lists and searches walk, over all organizations."""

    dependencies = [
        ('accounts', '0007_invitations'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['at', 'id'], name='audit_all_by_age'),
        ),
        migrations.AddIndex(
            model_name='organization',
            index=models.Index(fields=['created_at', 'id'], name='organization_by_age'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['created_at', 'id'], name='service_account_all_by_age'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(accounts.querysets.Start('search'), name='service_account_all_by_start'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(accounts.querysets.Start('slug'), name='service_account_all_by_slug'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(fields=['external_id'], name='service_account_all_by_ext_id'),
        ),
    ]
