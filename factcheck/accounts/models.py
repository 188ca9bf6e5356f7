from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who works at the desk. Don't delete people who have signed something: deactivate them."""

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"

    @property
    def signature(self) -> str:
        """The name under which this person signs the public record."""
        return self.get_full_name() or self.username
