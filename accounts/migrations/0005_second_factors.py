import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Second factors: who must have one, who has proved one, which TOTP codes are used up.

    The columns have their default in the database, for the server that still runs.
    """

    dependencies = [
        ("accounts", "0004_status_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="TotpStep",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="last_totp_step",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("step", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="organization",
            name="requires_second_factor",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether a password alone signs nobody in.",
            ),
        ),
        migrations.AddField(
            model_name="refreshfamily",
            name="second_factor",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether a second factor was proved at the sign-in.",
            ),
        ),
    ]
