"""Print the data dictionary: see docs/reference/data-dictionary.md, which is made with it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from claims.formats import dictionary

FORMS = {"markdown": dictionary.as_markdown, "csv": dictionary.as_csv}


class Command(BaseCommand):
    help = "Print what every table and column of the files means."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=FORMS, default="markdown")

    def handle(self, *_: Any, **options: Any) -> None:
        self.stdout.ending = ""
        for line in FORMS[options["format"]]():
            self.stdout.write(line.decode())
