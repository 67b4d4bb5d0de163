from django.db import migrations, models


class Migration(migrations.Migration):
    """Each filter of the log with the others, and each status of accounts in each order.

    On PostgreSQL, making an index lets readers pass; dropping one locks them out until the end
    of the transaction. So old ones step aside by name, and go when the new ones are made.
    """

    dependencies = [
        ('accounts', '0003_user_password_changed_at'),
    ]

    operations = [
        migrations.RenameIndex(
            model_name='auditevent',
            new_name='audit_by_action_alone',
            old_name='audit_by_action',
        ),
        migrations.RenameIndex(
            model_name='auditevent',
            new_name='audit_by_actor_alone',
            old_name='audit_by_actor',
        ),
        migrations.RenameIndex(
            model_name='auditevent',
            new_name='audit_by_target_alone',
            old_name='audit_by_target',
        ),
        migrations.RenameIndex(
            model_name='serviceaccount',
            new_name='service_account_off_by_age',
            old_name='service_account_disabled',
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['organization_id', 'action', 'at', 'id', 'actor_id', 'target_id'], name='audit_by_action'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['organization_id', 'actor_id', 'at', 'id', 'action', 'target_id'], name='audit_by_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['organization_id', 'target_id', 'at', 'id', 'action', 'actor_id'], name='audit_by_target'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(condition=models.Q(('deleted_at', None), ('disabled_at', None)), fields=['organization', 'created_at', 'id'], name='service_account_active_by_age'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(condition=models.Q(('deleted_at', None), ('disabled_at', None)), fields=['organization', 'name_order', 'id'], name='service_account_active_by_name'),
        ),
        migrations.AddIndex(
            model_name='serviceaccount',
            index=models.Index(condition=models.Q(('deleted_at', None), ('disabled_at__isnull', False)), fields=['organization', 'name_order', 'id'], name='service_account_off_by_name'),
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_by_action_alone',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_by_actor_alone',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_by_target_alone',
        ),
    ]
