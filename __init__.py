"""Sage Inspect: agentic visual inspection whose reasoning can be checked.

The public face is lazy: `import sage_inspect` costs no torch, no Chroma and no LangGraph.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "inspect": ".agents.api",
    "ainspect": ".agents.api",
    "astream": ".agents.api",
    "Session": ".agents.api",
    "build_inspection_graph": ".agents.graph",
    "compare": ".tools.compare",
    "measure": ".tools.measure",
    "describe_region": ".tools.describe_region",
    "find_golden": ".tools.find_golden",
    "recall_facts": ".tools.recall_facts",
    "ChatVLM": ".models.chat",
    "score_trace": ".eval.score_trace",
    "FactStore": ".knowledge.facts",
    "GoldenLibrary": ".knowledge.golden",
    "ImageStore": ".images",
    "BadInput": ".errors",
    "RunFailed": ".errors",
    "SageInspectError": ".errors",
    "Settings": ".settings",
    **dict.fromkeys(
        ("Box", "Claim", "Comparison", "Fact", "Finding", "ImageRef", "Region", "Step", "Trace", "Verdict"), ".schema"
    ),
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604 - the names are the keys above

if TYPE_CHECKING:
    from .agents.api import Session, ainspect, astream, inspect
    from .agents.graph import build_inspection_graph
    from .errors import BadInput, RunFailed, SageInspectError
    from .eval.score_trace import score_trace
    from .images import ImageStore
    from .knowledge.facts import FactStore
    from .knowledge.golden import GoldenLibrary
    from .models.chat import ChatVLM
    from .schema import Box, Claim, Comparison, Fact, Finding, ImageRef, Region, Step, Trace, Verdict
    from .settings import Settings
    from .tools.compare import compare
    from .tools.describe_region import describe_region
    from .tools.find_golden import find_golden
    from .tools.measure import measure
    from .tools.recall_facts import recall_facts


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
