"""New slugs of names."""

from claims.desk import names
from claims.desk.names import Subject
from claims.models import NameChange
from factcheck.core.fields import keys


def free_slug(model: type[Subject], text: str) -> str:
    """A slug for this text that no row of the model has, and that doesn't lead to what its row was merged into."""
    return keys.free_slug(model, text, retired=NameChange.objects.merged_slugs(names.kind_of(model())))
