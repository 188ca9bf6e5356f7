"""Rows for tests. A published claim is made by the workflow, never by hand."""

from io import BytesIO
from typing import Any

import factory
from django.contrib.auth.models import Group
from PIL import Image

from claims.choices import ClaimantKind, ClaimKind, CorrectionKind, ImportOutcome, ImportTarget, PageKind, Stance
from claims.desk import names, newsroom, workflow
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    Evidence,
    ForeignCheck,
    ForeignLabel,
    ImportBatch,
    ImportedClaim,
    ImportedRow,
    ImportRun,
    NameChange,
    PageVersion,
    Picture,
    PictureFile,
    Rating,
    Subscriber,
    SynonymGroup,
    Topic,
)
from claims.record.pictures import store
from factcheck.accounts.models import User
from sources.choices import SourceKind
from sources.models import Publisher, Source


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    is_staff = True

    @factory.post_generation
    def role(self: Any, create: bool, extracted: str | None, **_: Any) -> None:
        """The role's group: Reporter, Editor, Chief editor or Assessor."""
        if create and extracted:
            self.groups.add(Group.objects.get(name=extracted))


class PublisherFactory(factory.django.DjangoModelFactory[Publisher]):
    class Meta:
        model = Publisher

    slug = factory.Sequence(lambda n: f"publisher-{n}")
    name = factory.Sequence(lambda n: f"Publisher {n}")


class SourceFactory(factory.django.DjangoModelFactory[Source]):
    class Meta:
        model = Source

    slug = factory.Sequence(lambda n: f"source-{n}")
    title = factory.Sequence(lambda n: f"Source {n}")
    publisher = factory.SubFactory(PublisherFactory)
    kind = SourceKind.NEWS_REPORT
    address = factory.Sequence(lambda n: f"https://news.example/{n}")


class ClaimantFactory(factory.django.DjangoModelFactory[Claimant]):
    class Meta:
        model = Claimant

    slug = factory.Sequence(lambda n: f"claimant-{n}")
    name = factory.Sequence(lambda n: f"Claimant {n}")
    kind = ClaimantKind.PERSON


class TopicFactory(factory.django.DjangoModelFactory[Topic]):
    class Meta:
        model = Topic

    slug = factory.Sequence(lambda n: f"topic-{n}")
    name = factory.Sequence(lambda n: f"Topic {n}")


class AppearanceFactory(factory.django.DjangoModelFactory[Appearance]):
    class Meta:
        model = Appearance

    source = factory.SubFactory(SourceFactory)
    order = factory.LazyAttribute(lambda appearance: appearance.claim.appearances.count())
    exact = "the exact words"
    locator = "paragraph 3"
    position = 3


class EvidenceFactory(factory.django.DjangoModelFactory[Evidence]):
    class Meta:
        model = Evidence

    source = factory.SubFactory(SourceFactory)
    order = factory.LazyAttribute(lambda evidence: evidence.claim.evidence.count())
    stance = Stance.REFUTES
    finding = "The document gives another figure."
    origin = factory.Sequence(lambda n: f"Origin {n}")


class PictureFactory(factory.django.DjangoModelFactory[Picture]):
    """A picture of one colour, with its bytes in the storage. Set `MEDIA_ROOT` to a folder of the test."""

    class Meta:
        model = Picture

    class Params:
        colour = factory.Sequence(lambda n: (n % 256, n // 256 % 256, 90))

    file = factory.LazyAttribute(lambda picture: picture_file(picture.colour))
    order = factory.LazyAttribute(lambda picture: picture.claim.pictures.count())
    alt = factory.Sequence(lambda n: f"Chart {n}: spending rises")
    credit = "Our own chart"
    caption = "Spending from 2019 to 2025."


def picture_bytes(colour: Any = "navy", size: tuple[int, int] = (320, 200), kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    made = BytesIO()
    Image.new("RGB", size, colour).save(made, kind)
    return made.getvalue()


def picture_file(colour: Any = "navy", size: tuple[int, int] = (320, 200)) -> PictureFile:
    """The file of a picture of one colour, as the desk keeps it."""
    digest = store(picture_bytes(colour, size), "png")
    values = {"media_type": "image/png", "width": size[0], "height": size[1]}
    return PictureFile.objects.get_or_create(sha256=digest, defaults=values)[0]


class ClaimFactory(factory.django.DjangoModelFactory[Claim]):
    """A claim in state logged, complete enough to be submitted."""

    class Meta:
        model = Claim
        skip_postgeneration_save = True

    by = factory.SubFactory(UserFactory, role="Editor")
    slug = factory.Sequence(lambda n: f"claim-{n}")
    statement = factory.Sequence(lambda n: f"The council spent {n} million on bridges.")
    kind = ClaimKind.STATISTIC
    claimant = factory.SubFactory(ClaimantFactory)
    rating = factory.LazyFunction(lambda: Rating.objects.get(slug="mostly-false"))
    summary = "The sum is right, the payer is not."
    explanation = "The report adds **three** payers."

    @classmethod
    def _create(cls, model_class: type[Claim], *_: Any, **kwargs: Any) -> Claim:
        by = kwargs.pop("by")
        return workflow.log(model_class(**kwargs), by=by)

    @factory.post_generation
    def topics(self: Any, create: bool, extracted: list[Topic] | None, **_: Any) -> None:
        if create and extracted:
            self.topics.set(extracted)

    @factory.post_generation
    def appearances(self: Any, create: bool, extracted: list[Source] | None, **_: Any) -> None:
        if create:
            for source in [SourceFactory()] if extracted is None else extracted:
                AppearanceFactory(claim=self, source=source)

    @factory.post_generation
    def evidence(self: Any, create: bool, extracted: list[Source] | None, **_: Any) -> None:
        if create:
            for source in [SourceFactory()] if extracted is None else extracted:
                EvidenceFactory(claim=self, source=source)


class SubscriberFactory(factory.django.DjangoModelFactory[Subscriber]):
    """A receiver of all events."""

    class Meta:
        model = Subscriber

    name = factory.Sequence(lambda n: f"Receiver {n}")
    address = factory.Sequence(lambda n: f"https://receiver.example/{n}")


class SynonymGroupFactory(factory.django.DjangoModelFactory[SynonymGroup]):
    """Two words that search treats as equal."""

    class Meta:
        model = SynonymGroup

    language = "en"
    words = "zeppelin\nairship"


class ImportRunFactory(factory.django.DjangoModelFactory[ImportRun]):
    class Meta:
        model = ImportRun

    feed = factory.Sequence(lambda n: f"feed-{n}")
    kind = "claimreview"
    target = ImportTarget.FOREIGN
    file_name = "checks.json"
    file_sha256 = factory.Sequence(lambda n: f"{n:064x}")
    file_size = 3


class ForeignLabelFactory(factory.django.DjangoModelFactory[ForeignLabel]):
    class Meta:
        model = ForeignLabel

    publisher = "checks.example"
    label = factory.Sequence(lambda n: f"Label {n}")


class ForeignCheckFactory(factory.django.DjangoModelFactory[ForeignCheck]):
    class Meta:
        model = ForeignCheck

    run = factory.SubFactory(ImportRunFactory)
    feed = factory.SelfAttribute("run.feed")
    reference = factory.Sequence(lambda n: f"check-{n}")
    claim = factory.Sequence(lambda n: f"Claim {n}")
    address = factory.Sequence(lambda n: f"https://checks.example/{n}")
    label = factory.SubFactory(ForeignLabelFactory)


class ImportedClaimFactory(factory.django.DjangoModelFactory[ImportedClaim]):
    class Meta:
        model = ImportedClaim

    claim = factory.SubFactory(ClaimFactory)
    feed = factory.Sequence(lambda n: f"feed-{n}")
    reference = factory.Sequence(lambda n: f"claim-{n}")
    version = 1


class ImportBatchFactory(factory.django.DjangoModelFactory[ImportBatch]):
    class Meta:
        model = ImportBatch

    run = factory.SubFactory(ImportRunFactory)
    number = factory.Sequence(lambda n: n + 1)
    rows = "[]"


class ImportedRowFactory(factory.django.DjangoModelFactory[ImportedRow]):
    class Meta:
        model = ImportedRow

    run = factory.SubFactory(ImportRunFactory)
    number = factory.Sequence(lambda n: n + 1)
    where = factory.LazyAttribute(lambda row: f"line {row.number}")
    outcome = ImportOutcome.UPDATED


def approved(claim: Claim, *, submitter: User | None = None, approver: User | None = None) -> Claim:
    """The claim, submitted and approved by two people. Unless they are given, its author submits it."""
    author = claim.author if claim.author and claim.author.is_active else UserFactory(role="Editor")
    claim = workflow.submit(claim, by=submitter or author, version=claim.version)
    return workflow.approve(claim, by=approver or UserFactory(role="Editor"), version=claim.version)


def published(claim: Claim | None = None, *, by: User | None = None, **kwargs: Any) -> Claim:
    """A claim that readers see. Unless somebody else is given, who approved it publishes it."""
    approver = UserFactory(role="Editor")
    claim = approved(claim or ClaimFactory(**kwargs), approver=approver)
    return workflow.publish(claim, by=by or approver, version=claim.version)


def newsroom_page(page: PageKind = PageKind.METHODOLOGY, text: str = "We read **laws**.", **words: Any) -> PageVersion:
    """A page of the newsroom as readers get it, in its next version."""
    base = PageVersion.objects.filter(page=page).count()
    by, other = (UserFactory(role="Chief editor") for _ in range(2))
    proposal = newsroom.propose(page, base=base, by=by, reason=f"Reason {base + 1}.", text=text, **words)
    return newsroom.publish(proposal, by=other)


def corrected(claim: Claim, *, reason: str = "A figure was wrong.", **changes: Any) -> Claim:
    """Change a published claim and bring the change to readers, as a correction or a changed rating."""
    editor = UserFactory(role="Editor")
    shown = claim.published.rating
    changes = changes or {"summary": f"{claim.summary} Corrected at version {claim.version}."}
    for name, value in changes.items():
        setattr(claim, name, value)
    claim = approved(workflow.edit(claim, by=editor, version=claim.version))
    rerated = claim.rating is not None and claim.rating.slug != shown
    act = workflow.rerate if rerated else workflow.correct
    return act(
        claim, kind=CorrectionKind.SUBSTANTIAL, reason=reason, by=UserFactory(role="Editor"), version=claim.version
    )


def withdrawn(claim: Claim, *, reason: str = "The source was forged.") -> Claim:
    """Withdraw a published claim."""
    return workflow.withdraw(claim, reason=reason, by=UserFactory(role="Chief editor"), version=claim.version)


def redacted(claim: Claim, *, reason: str = "It named a private person.") -> Claim:
    """Redact the earlier versions of a published claim."""
    return workflow.redact(claim, reason=reason, by=UserFactory(role="Chief editor"), version=claim.version)


def saved_name(subject: names.Subject, **keywords: Any) -> names.Outcome:
    """Save a changed name as a person who looks at what readers would get, and saves again."""
    try:
        return names.save(subject, subject.save, **keywords)
    except names.Unseen as shown:
        return names.save(subject, subject.save, **keywords, seen=shown.digest)


def renamed(
    subject: names.Subject,
    *,
    reason: str = "It has another name now.",
    spelling_only: bool = False,
    by: User | None = None,
    second: User | None = None,
    **changes: Any,
) -> NameChange | None:
    """Change a name. If readers see it, one person proposes the change and another brings it to readers."""
    for name, value in changes.items():
        setattr(subject, name, value)
    by = by or UserFactory(role="Editor")
    proposal = saved_name(subject, by=by, reason=reason, spelling_only=spelling_only).change
    change = proposal and names.accept(proposal, by=second or UserFactory(role="Editor")).change
    subject.refresh_from_db()
    return change
