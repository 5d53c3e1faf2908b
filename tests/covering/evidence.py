"""A scenario for each verb of a piece of evidence, and for each of its addresses."""

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile

from rectification.evidence import archiving, keeping, storing
from rectification.models import Evidence, Measure
from tests.covering import scenario
from tests.covering.verbs import approved_once, proved
from tests.factories import NOON, MeasureFactory
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import SAID

DESCRIPTION = keeping.Description(title="巡查制度", kind="document", dated_on=date(2025, 6, 30))


def file(name="制度.pdf"):
    return SimpleUploadedFile(name, files.pdf(), "application/pdf")


def received():
    """A file as it lies when a view has it."""
    receiver = storing.Receiver()
    content = files.pdf()
    receiver.new_file("files", "新制度.pdf", "application/pdf", len(content))
    receiver.receive_data_chunk(content, 0)
    return receiver.file_complete(len(content))


def another(cast):
    return MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division)


def rested_on(cast):
    """A piece on which an application rests: what happens to the piece makes that one lapse."""
    piece = proved(cast)
    approved_once(cast)
    return piece


@scenario("rectification.evidence.keeping.add")
def add(stage):
    cast, new = stage.cast, received()
    yield
    keeping.add(cast.measure, [new], DESCRIPTION, by=cast.liaison, at=NOON)


@scenario("rectification.evidence.keeping.add_version")
def add_version(stage):
    cast, new = stage.cast, received()
    piece = rested_on(cast)
    yield
    keeping.add_version(piece, new, by=cast.liaison, at=NOON, version=1)
    assert Measure.objects.get(pk=cast.measure.pk).status == "under_way"


@scenario("rectification.evidence.keeping.withdraw")
def withdraw(stage):
    cast = stage.cast
    piece = rested_on(cast)
    yield
    keeping.withdraw(piece, by=cast.liaison, at=NOON, why="传错了", version=1)


@scenario("rectification.evidence.keeping.describe")
def describe(stage):
    cast = stage.cast
    piece = proved(cast)
    yield
    keeping.describe(piece, DESCRIPTION, by=cast.liaison, at=NOON, version=1)


@scenario("rectification.evidence.keeping.link")
def link(stage):
    cast = stage.cast
    piece, other = proved(cast), another(cast)
    yield
    keeping.link(piece, other, by=cast.liaison, at=NOON)


@scenario("rectification.evidence.keeping.unlink")
def unlink(stage):
    cast = stage.cast
    piece = rested_on(cast)
    yield
    keeping.unlink(piece, cast.measure, by=cast.liaison, at=NOON, why="与本条无关")


@scenario("rectification.evidence.archiving.build", rows=False, entries=False)
def build(stage):
    """Its door writes the entry."""
    cast = stage.cast
    proved(cast)
    yield
    archiving.build(cast.problem, Measure.objects.all(), at=NOON).stream.close()


# The addresses -----------------------------------------------------------------------------------


@scenario("view rectification:evidence_add")
def evidence_add(stage):
    cast = stage.cast
    client = stage.client(cast.liaison)
    yield
    answer = client.post(f"{cast.page}evidence/", {**SAID, "files": [file()]})
    assert answer.status_code == 302
    assert Evidence.objects.exists()


def of_piece(verb, *, before=None, form=None, files=None):
    """The scenario of a verb on the page of a piece."""

    @scenario(f"view rectification:evidence_{verb.split('/')[0]}")
    def act(stage):
        cast = stage.cast
        proved(cast)
        if before:
            before(cast)
        client = stage.client(cast.liaison)
        yield
        sent = {"version": 1, **(form or {}), **(files() if files else {})}
        answer = client.post(f"{cast.base}evidence/1/{verb}/", sent)
        assert answer.status_code == 302, answer.content.decode()[:2000]


of_piece("version", files=lambda: {"file": file("新制度.pdf")})
of_piece("amend", form={**SAID, "title": "巡查办法"})
of_piece("withdraw", form={"why": "传错了"})
of_piece("link", before=another, form={"code": "M-900-2"})
of_piece("unlink/M-900-1", form={"why": "与本条无关"})


def read(name, path):
    """Looking at a piece, and taking it away, is in the journal too."""

    @scenario(f"view rectification:{name}", rows=False)
    def act(stage):
        cast = stage.cast
        proved(cast)
        client = stage.client(cast.liaison)
        yield
        answer = client.get(f"{cast.base}{path}")
        assert answer.status_code == 200
        if answer.streaming:
            assert b"".join(answer)  # which closes the file


read("evidence_detail", "evidence/1/")
read("evidence_file", "evidence/1/1/file/")
read("evidence_preview", "evidence/1/1/preview/1/")
read("problem_archive", "problems/P-900/archive/")
