from itertools import chain, count

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F

import factcheck.accounts.lookalikes

# Initials stand in the record under what a person signed.
INITIALS_STAY = """
CREATE FUNCTION accounts_refuse_other_initials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the initials of % stay as they are', OLD.username USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER initials_stay BEFORE UPDATE ON accounts_user FOR EACH ROW
    WHEN (OLD.initials <> '' AND OLD.initials IS DISTINCT FROM NEW.initials)
    EXECUTE FUNCTION accounts_refuse_other_initials();
"""
BACK = "DROP TRIGGER initials_stay ON accounts_user; DROP FUNCTION accounts_refuse_other_initials();"


def name_everybody(apps, schema_editor):
    """Whoever worked here before is confirmed, has initials, and signs with a name of their own."""
    User = apps.get_model("accounts", "User")
    Skeleton = factcheck.accounts.lookalikes.Skeleton
    User.objects.update(confirmed_at=F("date_joined"))
    initials, signatures = set(), set()
    for user in User.objects.order_by("pk"):
        words = f"{user.first_name} {user.last_name}".split() or [user.username]
        base = "".join(word[0] for word in words).lower() if len(words) > 1 else words[0].lower()
        base = "".join(letter for letter in base if letter.isascii() and letter.isalnum())[:8].lstrip("0123456789")
        base = base or "p"
        user.initials = next(one for one in chain([base], (f"{base}{n}" for n in count(2))) if one not in initials)
        initials.add(user.initials)
        name, last = f"{user.first_name} {user.last_name}".strip() or user.username, user.last_name
        for number in count():
            signature = name if number == 0 else f"{name} ({user.username}{number if number > 1 else ''})"
            key = User.objects.filter(pk=user.pk).values_list(Skeleton(models.Value(signature)), flat=True)[0]
            if key not in signatures:
                break
        signatures.add(key)
        if signature != name:
            user.first_name, user.last_name = user.first_name or name, f"{last}{signature.removeprefix(name)}".strip()
        user.save(update_fields=["initials", "first_name", "last_name"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, default=django.utils.timezone.now, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="invited_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="initials",
            field=models.CharField(default="", max_length=12),
            preserve_default=False,
        ),
        migrations.RunPython(name_everybody, migrations.RunPython.noop, atomic=True),
        # Rows with deferred checks can't be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="user",
            name="initials",
            field=models.CharField(
                blank=True,
                help_text="Readers see them beside the signature. Chosen once; they never change.",
                max_length=12,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9]{0,11}\\Z", "Use up to 12 small letters and digits."
                    )
                ],
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="signature_key",
            field=models.GeneratedField(
                db_persist=True,
                expression=factcheck.accounts.lookalikes.Skeleton(
                    django.db.models.functions.comparison.Coalesce(
                        django.db.models.functions.comparison.NullIf(
                            django.db.models.functions.text.Trim(
                                django.db.models.functions.text.Concat("first_name", models.Value(" "), "last_name")
                            ),
                            models.Value(""),
                        ),
                        "username",
                    )
                ),
                output_field=models.CharField(max_length=400),
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                fields=("signature_key",),
                name="signature_is_one_persons",
                violation_error_message="Somebody else signs with this name, or with one that looks like it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by", None),
                    models.Q(
                        models.Q(("confirmed_by", models.F("invited_by")), _negated=True),
                        models.Q(("confirmed_by", models.F("pk")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="person_confirmed_by_another",
                violation_error_message="Another chief editor than the one who invited this person confirms them.",
            ),
        ),
        migrations.RunSQL(INITIALS_STAY, BACK),
    ]
