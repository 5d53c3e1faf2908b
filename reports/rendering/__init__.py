"""Prints a document. One module per form; all carry the same words."""

from reports.rendering.html import to_html
from reports.rendering.json import from_json, to_json
from reports.rendering.text import to_text

__all__ = ["from_json", "to_html", "to_json", "to_text"]
