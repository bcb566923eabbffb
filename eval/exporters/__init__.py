"""Traces for other tools: OpenInference spans, and a flat table that pandas reads. No image bytes leave."""

from .openinference import spans_of as spans_of
from .openinference import write_spans as write_spans
from .table import row_of as row_of
from .table import write_table as write_table
