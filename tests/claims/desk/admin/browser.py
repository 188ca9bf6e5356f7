"""What a browser would send: the fields of a form with their current values."""

from html.parser import HTMLParser
from typing import Any

Fields = dict[str, list[str]]


class _FormReader(HTMLParser):
    def __init__(self, form_id: str | None) -> None:
        super().__init__()
        self.form_id, self.inside, self.fields = form_id, False, Fields()
        self.select = self.textarea = ""
        self.is_first_line = False

    def add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.inside = given.get("method") == "post" and self.form_id in {None, given.get("id")}
            self.inside = self.inside and given.get("id") != "logout-form"
        if not self.inside:
            return
        if tag == "input" and name:
            kind = given.get("type")
            if kind in {"checkbox", "radio"} and "checked" in given:
                self.add(name, given.get("value") or "on")
            elif kind not in {"checkbox", "radio", "submit", "file"}:
                self.add(name, given.get("value") or "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.add(self.select, given.get("value") or "")
        elif tag == "textarea":
            self.textarea, self.is_first_line = name, True
            self.add(name, "")

    def handle_data(self, data: str) -> None:
        if self.textarea:
            if self.is_first_line:
                data = data.removeprefix("\r").removeprefix("\n")
            self.is_first_line = False
            self.fields[self.textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.textarea:
            # A browser sends CRLF line ends.
            text = self.fields[self.textarea][-1].replace("\r\n", "\n").replace("\n", "\r\n")
            self.fields[self.textarea][-1] = text
            self.textarea = ""
        elif tag == "form":
            self.inside = False


def fields_of(response: Any, form_id: str | None = None) -> Fields:
    """The values that a browser would send for each field of the page's form."""
    reader = _FormReader(form_id)
    reader.feed(response.content.decode())
    return {name: values for name, values in reader.fields.items() if "__prefix__" not in name}
