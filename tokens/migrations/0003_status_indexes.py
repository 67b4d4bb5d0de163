import tokens.querysets
from django.db import migrations, models


class Migration(migrations.Migration):
    """Each status of tokens in each order.

    Old indexes step aside by name and go last, since dropping one locks readers out
    (``accounts/migrations/0004_status_indexes.py``).
    """

    dependencies = [
        ('tokens', '0002_token_usage'),
    ]

    operations = [
        migrations.RenameIndex(
            model_name='token',
            new_name='token_live_by_age_alone',
            old_name='token_live_by_age',
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(models.F('service_account'), models.F('created_at'), models.F('id'), tokens.querysets.EndOrNever('expires_at'), condition=models.Q(('revoked_at', None)), name='token_live_by_age'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(models.F('service_account'), models.F('name_order'), models.F('id'), tokens.querysets.EndOrNever('expires_at'), condition=models.Q(('revoked_at', None)), name='token_live_by_name'),
        ),
        migrations.AddIndex(
            model_name='token',
            index=models.Index(condition=models.Q(('revoked_at__isnull', False)), fields=['service_account', 'name_order', 'id'], name='token_revoked_by_name'),
        ),
        migrations.RemoveIndex(
            model_name='token',
            name='token_live_by_age_alone',
        ),
        migrations.RemoveIndex(
            model_name='token',
            name='token_live_by_end',
        ),
    ]
