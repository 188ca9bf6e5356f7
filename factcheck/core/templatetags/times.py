"""Moments on a page: in words in the newsroom's time zone, and for programs in UTC."""

import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factcheck.core.fields import dates

register = template.Library()
register.filter("timestamp", dates.timestamp)


@register.simple_tag
def day(at: datetime.datetime) -> SafeString:
    """The day of a moment."""
    return _element(at, dates.day_in_words(at))


@register.simple_tag
def moment(at: datetime.datetime) -> SafeString:
    """The day and the time of a moment, with the zone."""
    return _element(at, dates.time_in_words(at))


def _element(at: datetime.datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', dates.timestamp(at), words)
