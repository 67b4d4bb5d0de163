import accounts.querysets
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the support staff's lists and searches walk (``accounts/migrations/0008``)."""

    dependencies = [
        ('accounts', '0008_staff_indexes'),
        ('tokens', '0004_stashed_secret'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='token',
            index=models.Index(fields=['created_at', 'id'], name='token_all_by_age'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(django.db.models.functions.comparison.Cast('organization', output_field=models.TextField()), models.F('created_at'), models.F('id'), name='token_of_organization'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(fields=['created_by_id', 'created_at', 'id'], name='token_by_creator'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(fields=['created_by_name', 'created_at', 'id'], name='token_by_creator_name'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['created_at', 'id'], name='token_all_revoked_by_age'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('revoked_at', None)), fields=['expires_at', 'id'], name='token_all_live_by_end'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(accounts.querysets.Start('search'), name='token_all_by_start'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(accounts.querysets.Start('slug'), name='token_all_by_slug'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(accounts.querysets.Start('prefix'), name='token_all_by_prefix'),
        ),
        migrations.AddIndex(
            model_name='tokenusage',
            index=models.Index(condition=models.Q(('last_refused_at__isnull', False)), fields=['last_refused_at'], name='token_usage_by_refusal'),
        ),
    ]
