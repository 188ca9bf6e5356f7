"""Check that the record is whole: see docs/how-to/operate.md."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.desk import record_check
from claims.models import Claim
from factcheck.core import progress
from factcheck.core.database import repeatable_read


class Command(BaseCommand):
    help = "Check that people's acts lead to what readers see. Only reads. Exits with 1 if something is wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Write one JSON object instead of lines.")

    def handle(self, *_: Any, **options: Any) -> None:
        with repeatable_read():
            claims = Claim.objects.count()
            with progress.show("Checking", claims, sys.stderr) as advance:
                found = []
                for fault in record_check.faults(advance=advance):
                    found.append(fault)
                    if not options["json"]:
                        self.stdout.write(str(fault))
        if options["json"]:
            faults = [{"model": fault.model, "key": list(fault.key), "fault": fault.text} for fault in found]
            self.stdout.write(json.dumps({"claims": claims, "faults": faults}, ensure_ascii=False))
        elif not found:
            self.stdout.write(f"The record of {claims:,} claims is whole.")
        if found:
            raise CommandError(f"The record has {len(found):,} faults in {claims:,} claims.")
