from django.db import migrations

VIEWED = {
    "claims": [
        *("claim", "claimant", "affiliation", "topic", "appearance", "evidence", "rating", "ratingscale"),
        *("claimevent", "revision", "publishedclaim", "correction"),
    ],
    "sources": ["publisher", "source", "snapshot"],
}


def view_everything():
    return {f"{app}.view_{model}" for app, models in VIEWED.items() for model in models}


def may(actions, app, *models):
    return {f"{app}.{action}_{model}" for action in actions.split() for model in models}


ASSESSOR = view_everything()
REPORTER = (
    ASSESSOR
    | may("add change", "claims", "claim", "claimant")
    | may("add change delete", "claims", "appearance", "evidence", "affiliation")
    | may("add change", "sources", "publisher", "source")
    | {"claims.submit_claim"}
)
EDITOR = (
    REPORTER
    | may("add change", "claims", "topic")
    | may("add", "sources", "snapshot")
    | may("change_any assign send_back approve publish decline", "claims", "claim")
    | {"claims.rename_in_record"}
)
CHIEF = (
    EDITOR
    | may("add change", "claims", "rating", "ratingscale")
    | may("view add change", "accounts", "user")
    | {"claims.withdraw_claim"}
)
ROLES = {"Reporter": REPORTER, "Editor": EDITOR, "Chief editor": CHIEF, "Assessor": ASSESSOR}


def add(apps, schema_editor):
    """Django makes permissions only after all migrations have run, so those that the roles need are made here."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    for role, names in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        for name in sorted(names):
            app, codename = name.split(".")
            model = codename.rpartition("_")[2]
            if name == "claims.rename_in_record":
                model = "claim"
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": f"Can {codename.replace('_', ' ')}"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0003_default_ratings"),
        ("sources", "0001_sources"),
        ("accounts", "0001_people"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
