"""Hold what readers' programs are given against what they ask of it: see docs/reference/consumers.md."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.formats import claimreview, consumers
from claims.models import PublishedClaim
from claims.record.publications import publications
from factcheck.core import progress


class Command(BaseCommand):
    """1. Makes the ClaimReview of every published claim, as its page and the feed have it.
    2. Prints each rule that it breaks, and how to mend it; in the end, how often each was broken.
    3. Fails when a consumer would refuse one of them.
    """

    help = "Check what fact-check tools will make of every published claim. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--errors", action="store_true", help="Only what a consumer would refuse, no advice.")

    def handle(self, *_: Any, **options: Any) -> None:
        claims = PublishedClaim.objects.order_by("slug")
        broken: Counter[consumers.Rule] = Counter()
        checked = 0
        with progress.show("Checking", claims.count(), sys.stderr) as advance:
            for publication in publications(claims):
                for rule in consumers.findings(claimreview.review(publication)):
                    if rule.level == consumers.Level.ERROR or not options["errors"]:
                        broken[rule] += 1
                        if options["verbosity"]:
                            self.stdout.write(f"{publication.slug}: {said(rule)} {rule.mend}")
                checked += 1
                advance(1)
        for rule, times in broken.most_common():
            self.stdout.write(f"{times:,} × {said(rule)}")
        errors = sum(times for rule, times in broken.items() if rule.level == consumers.Level.ERROR)
        summary = f"{checked:,} claims checked by {len(consumers.RULES)} rules: {errors:,} errors"
        summary += "." if options["errors"] else f", {sum(broken.values()) - errors:,} pieces of advice."
        if errors:
            raise CommandError(summary)
        self.stdout.write(summary)


def said(rule: consumers.Rule) -> str:
    return f"{rule.consumer} {rule.level}, {rule.place}: {rule.fault}"
