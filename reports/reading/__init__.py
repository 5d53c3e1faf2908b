"""Reads a published report, a file or pasted text. What reports look like is in grammar.toml."""

from reports.reading.notes import Note, ReportRefused, SecretReport
from reports.reading.report import Reading, read_file, read_text
from reports.reading.summary import summary

__all__ = ["Note", "Reading", "ReportRefused", "SecretReport", "read_file", "read_text", "summary"]
