"""A model as judge of answers and traces: optional, strict, and unscored where it cannot be relied on.

`Judge(model)` is a callable `(Trace, TraceScore) -> Iterable[Score]` for `score_trace(trace, judge=...)`.
"""

from .judge import Judge, Rating
from .material import Material, answer_material, trace_material
from .pairwise import Preference, prefer

__all__ = ["Judge", "Material", "Preference", "Rating", "answer_material", "prefer", "trace_material"]
