"""A refused form: where it was a mark of secrecy, the refusal is recorded, without the content."""

from datetime import datetime

from django.forms import BaseForm

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification.wording import SECRECY


def note_secrecy(form: BaseForm, *, kind: str, code: str, by: User, at: datetime) -> None:
    """Write refuse_secret where a field of the form was refused for a mark of secrecy."""
    marked = [
        str(form.fields[name].label) if name in form.fields else ""
        for name, errors in form.errors.as_data().items()
        if any(error.code == SECRECY for error in errors)
    ]
    if marked:
        note_refusal(kind=kind, code=code, where="、".join(marked), by=by, at=at)


def note_refusal(*, kind: str, code: str, where: str, by: User, at: datetime) -> None:
    """Write that something marked was refused; `where` names the field or the file's kind."""
    journal.append(Act("refuse_secret", kind, code, after={"where": where}), by=by, at=at)
