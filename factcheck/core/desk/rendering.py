"""A renderer of form controls for pages with hundreds of them.

Django renders each label, control, option and (empty) list of errors with a template that includes others: half a
second for a claim with fifty pieces of evidence. For those that a page has hundreds of, this writes the same bytes
directly; Django's templates render all others.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape

Context = Mapping[str, Any]


def _attributes(attrs: Mapping[str, Any] | None) -> str:
    return "".join(
        f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_text(value)}"'
        for name, value in (attrs or {}).items()
        if value is not False
    )


def _text(value: Any) -> str:
    """The value as a template writes it: text that is marked as safe stays as it is."""
    return conditional_escape(value if isinstance(value, str) else str(value))


def _input(context: Context) -> str:
    widget = context["widget"]
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{_text(widget["name"])}"{value}{_attributes(widget["attrs"])}>'


def _textarea(context: Context) -> str:
    widget = context["widget"]
    start = f'<textarea name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>'
    return f"{start}\n{_text(widget['value']) if widget['value'] else ''}</textarea>"


def _select(context: Context) -> str:
    widget = context["widget"]
    parts = [f'<select name="{_text(widget["name"])}"{_attributes(widget["attrs"])}>']
    for name, options, _index in widget["optgroups"]:
        if name:
            parts.append(f'\n  <optgroup label="{_text(name)}">')
        parts += [f"\n  {_option(option)}" for option in options]
        if name:
            parts.append("\n  </optgroup>")
    return "".join([*parts, "\n</select>"])


def _option(option: Mapping[str, Any]) -> str:
    return f'<option value="{_text(option["value"])}"{_attributes(option["attrs"])}>{_text(option["label"])}</option>\n'


def _label(context: Context) -> str:
    label, tag = _text(context["label"]), context["tag"]
    return f"<{tag}{_attributes(context['attrs'])}>{label}</{tag}>" if context["use_tag"] else label


_WRITERS: dict[str, Callable[[Context], str]] = {
    **dict.fromkeys(
        (f"django/forms/widgets/{kind}.html" for kind in ("text", "hidden", "number", "checkbox", "email", "url")),
        _input,
    ),
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/label.html": _label,
}
# What a form shows above a field, and what the admin does: it asks for its list by name.
_ERRORS = {"django/forms/errors/list/default.html", "django/forms/errors/list/ul.html"}


class ControlRenderer(DjangoTemplates):
    """Django's renderer of forms, with the frequent controls written directly."""

    def render(self, template_name: str, context: Any, request: Any = None) -> Any:
        if template_name in _ERRORS and not context["errors"]:
            return ""
        write = _WRITERS.get(template_name)
        return write(context).strip() if write else super().render(template_name, context, request)
