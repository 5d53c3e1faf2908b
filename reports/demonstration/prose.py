"""The author's part of the demonstration report, in the form that composing takes."""

from reports import prose
from reports.demonstration import story


def of_report(said: story.Prose) -> prose.Prose:
    """Parts one and three, and the invitation with its contacts."""
    contacts = (
        f"联系电话：{said.telephone}；通信地址：{said.postal_address}；电子邮箱：{said.email}。"
    )
    return prose.Prose(
        organisation=tuple(prose.Passage(each.heading, each.text) for each in said.organisation),
        further=tuple(prose.Passage(each.heading, each.text) for each in said.future),
        invitation=f"{said.invitation}\n{contacts}",
    )
