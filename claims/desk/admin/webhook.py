"""Webhook subscribers and the messages that they get. Only chief editors manage them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from claims.choices import DeliveryState
from claims.formats import webhook
from claims.models import Delivery, Subscriber
from claims.models.webhook import ANNOUNCED, announced
from claims.record import outbox
from factcheck.accounts import fresh
from factcheck.core import http
from factcheck.core.desk.admin import DeskModelAdmin, ReadOnlyAdmin
from factcheck.core.fields.addresses import host


class SubscriberForm(forms.ModelForm[Subscriber]):
    """The form of a subscriber: its address and the events that it gets."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(event.value, event.label) for event in ANNOUNCED],
        initial=announced,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose all of them for a receiver that keeps a copy of our verdicts."),
    )

    # True unless nothing would be sent to the address that was typed. Found before the row is locked.
    is_reachable = True

    def clean_address(self) -> str:
        """Raises ValidationError for a new address that nothing would be sent to. An unchanged address is accepted."""
        if "address" in self.changed_data and not self.is_reachable:
            raise ValidationError(
                _(
                    "We can't send anything to this web address. Enter one that the public internet can reach, "
                    "without a port. For a receiver in your own network, ask the operator of this site to set "
                    "OUTGOING_ALLOW."
                )
            )
        return str(self.cleaned_data["address"])


@admin.register(Subscriber)
class SubscriberAdmin(DeskModelAdmin):
    """Subscribers. They can't be deleted, because their messages are kept. Switch one off instead."""

    form = SubscriberForm
    list_display = ["name", "site", "is_active", "failures", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    readonly_fields = ["secret", "old_secret_until", "failures", "messages_sent"]
    actions = ["send_test", "renew_secret"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        typed = (None, {"fields": ["name", "address", "events", "is_active"]})
        if not obj:
            return [typed]
        return [
            typed,
            (gettext_lazy("Signature"), {"fields": ["secret", "old_secret_until"]}),
            (gettext_lazy("Deliveries"), {"fields": ["failures", "messages_sent"]}),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """True if the person can change subscribers: the page shows the secret."""
        return super().has_change_permission(request, obj)

    @fresh.needed(to_open=True)
    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The form, which shows the secret. It needs a fresh sign-in.

        A new address is resolved first: that can take seconds, and the sender must not wait for the row so long.
        """
        if request.method == "POST":
            request.is_reachable = self._is_reachable(request, object_id)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **kwargs)

    def _is_reachable(self, request: HttpRequest, object_id: str | None) -> bool:
        """False if a new address was sent that nothing would be sent to."""
        stored = self.get_object(request, unquote(object_id)) if object_id else None
        if not (self.has_change_permission(request, stored) if object_id else self.has_add_permission(request)):
            return True
        typed: Any = self.get_form(request, stored).base_fields["address"]
        try:
            address = typed.clean(request.POST.get("address", ""))
            if not stored or stored.address != address:
                http.check(address)
        except ValidationError:
            return True  # the form reports it
        except http.Refused:
            return False
        return True

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.is_reachable = getattr(request, "is_reachable", True)
        return form

    @fresh.needed()
    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The list. Its actions need a fresh sign-in."""
        return super().changelist_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Subscriber, form: Any, change: bool) -> None:
        """Save only the fields that were changed, because the sender writes the others at the same time."""
        obj.save(update_fields=form.changed_data if change else None)

    def response_add(self, request: HttpRequest, obj: Subscriber, post_url_continue: str | None = None) -> HttpResponse:
        """Redirect to the subscriber's page, which shows the secret."""
        self.message_user(request, _("The subscriber was added. Give the receiver the secret below."), messages.SUCCESS)
        return redirect("admin:claims_subscriber_change", obj.pk)

    @admin.display(description=gettext_lazy("site"))
    def site(self, subscriber: Subscriber) -> str:
        return host(subscriber.address)

    @admin.display(description=gettext_lazy("messages"))
    def messages_sent(self, subscriber: Subscriber) -> str:
        address = reverse("admin:claims_delivery_changelist")
        return format_html(
            '<a href="{}?subscriber__id__exact={}">{}</a>', address, subscriber.pk, _("All its messages")
        )

    @admin.action(description=gettext_lazy("Send a test message"), permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Put a test message into the outbox of each active subscriber."""
        active = list(queryset.filter(is_active=True))
        for subscriber in active:
            outbox.announce_test(subscriber)
        sentence = ngettext(
            "%(count)d test message is waiting to be sent. The list of deliveries will show the answer.",
            "%(count)d test messages are waiting to be sent. The list of deliveries will show the answers.",
            len(active),
        )
        self.message_user(request, sentence % {"count": len(active)}, messages.SUCCESS if active else messages.WARNING)

    @admin.action(description=gettext_lazy("Give a new secret"), permissions=["change"])
    def renew_secret(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        """Give each subscriber a new secret. The old one works for another 24 hours."""
        for subscriber in queryset:
            outbox.renew_secret(subscriber)
            self.log_change(request, subscriber, "Gave a new secret.")
            sentence = _("%(name)s has a new secret. You find it on its page. The old one works for another 24 hours.")
            self.message_user(request, sentence % {"name": subscriber.name}, messages.SUCCESS)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Messages that were sent or wait to be sent."""

    list_display = ["event", "about", "subscriber", "state", "attempts", "answer", "created_at"]
    list_filter = ["state", "event", "subscriber", "created_at"]
    list_select_related = ["subscriber", "revision"]
    search_fields = ["revision__slug", "message_id"]
    search_help_text = gettext_lazy("The claim's slug, or the message's ID")
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = ["text"]
    actions = ["send_again"]

    def get_fields(self, request: HttpRequest, obj: Delivery | None = None) -> Any:
        is_waiting = obj is not None and obj.state == DeliveryState.WAITING
        return [
            *("subscriber", "event", "revision", "message_id", "created_at", "state", "attempts"),
            *("last_status", "last_error", "possible_arrivals"),
            *("next_attempt_at" if is_waiting else "delivered_at", "text"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("revision__body")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("claims.change_subscriber")

    @admin.display(description=gettext_lazy("about"), ordering="revision__slug")
    def about(self, delivery: Delivery) -> str:
        revision = delivery.revision
        return (
            _("%(slug)s, version %(number)d") % {"slug": revision.slug, "number": revision.number} if revision else ""
        )

    @admin.display(description=gettext_lazy("last answer"))
    def answer(self, delivery: Delivery) -> str:
        """The answer to the last attempt, or why there is none. Says if the message may have arrived several times."""
        text = delivery.last_error or str(delivery.last_status or "")
        if not text and delivery.attempts and delivery.state == DeliveryState.WAITING:
            text = (
                _("It is being sent.")
                if delivery.next_attempt_at > timezone.now()
                else _("The sender was stopped before it got an answer. It sends the message again.")
            )
        if delivery.possible_arrivals > 1:
            text += " " + _("May have arrived %(count)d times.") % {"count": delivery.possible_arrivals}
        return text

    @admin.display(description=gettext_lazy("message"))
    def text(self, delivery: Delivery) -> str:
        try:
            return format_html('<pre class="body">{}</pre>', webhook.body(delivery))
        except webhook.NotMade as failure:
            return str(failure)

    @admin.action(description=gettext_lazy("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the selected messages again."""
        count = outbox.send_again(queryset)
        sentence = ngettext(
            "%(count)d message is waiting to be sent again.", "%(count)d messages are waiting to be sent again.", count
        )
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)
