"""Print the data dictionary: this generates docs/reference/data-dictionary.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.formats import dictionary

FORMS = {"markdown": dictionary.as_markdown, "csv": dictionary.as_csv}


class Command(BaseCommand):
    help = "Print the meaning of every table and column of the data files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=FORMS, default="markdown")

    def handle(self, *_: Any, **options: Any) -> None:
        self.stdout.ending = ""
        for line in FORMS[options["format"]]():
            self.stdout.write(line.decode())
