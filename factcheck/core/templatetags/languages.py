"""The addresses of a page in other languages."""

from django import template

from factcheck.core.web import languages

register = template.Library()
register.simple_tag(languages.addresses)
