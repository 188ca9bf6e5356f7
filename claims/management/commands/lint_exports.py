"""Check the ClaimReview of published claims against the rules of consumers: see docs/reference/consumers.md."""

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
    """1. Makes the ClaimReview of every published claim, as on its page and in the feed.
    2. Prints each rule that it breaks and how to fix it. At the end prints how often each rule was broken.
    3. Fails if a consumer would refuse a claim.
    """

    help = "Check if fact-check tools will accept every published claim. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--errors", action="store_true", help="Only print what a consumer would refuse, without advice."
        )

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
                            self.stdout.write(f"{publication.slug}: {describe(rule)} {rule.fix}")
                checked += 1
                advance(1)
        for rule, times in broken.most_common():
            self.stdout.write(f"{times:,} × {describe(rule)}")
        errors = sum(times for rule, times in broken.items() if rule.level == consumers.Level.ERROR)
        summary = f"{checked:,} claims checked by {len(consumers.RULES)} rules: {errors:,} errors"
        summary += "." if options["errors"] else f", {sum(broken.values()) - errors:,} pieces of advice."
        if errors:
            raise CommandError(summary)
        self.stdout.write(summary)


def describe(rule: consumers.Rule) -> str:
    return f"{rule.consumer} {rule.level}, {rule.place}: {rule.fault}"
