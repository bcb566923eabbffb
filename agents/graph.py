"""The state machine.

intake -> recall + compare -> plan -> examine (one branch a region) -> reason -> verify -> review -> learn -> conclude
                               |              ^                          ^         |
                               +-- (nothing to examine) -----------------+         |
                                              +-- (refused claims) -- repair <-----+   once
"""

from __future__ import annotations

import asyncio
from functools import lru_cache, partial
from typing import Any

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy

from ..errors import RunFailed
from ..models.loading import load_model
from .nodes.compare import compare
from .nodes.conclude import conclude
from .nodes.examine import examine
from .nodes.intake import intake
from .nodes.learn import learn
from .nodes.plan import plan, route
from .nodes.reason import reason
from .nodes.recall import recall
from .nodes.repair import redo, repair
from .nodes.review import again_or_learn, review
from .nodes.verify import repair_or_go_on, verify
from .policy import Policy
from .state import InspectionState
from .stores import Stores, open_stores

NODES = (
    "intake", "recall", "compare", "plan", "examine", "reason", "verify", "repair", "review", "learn", "conclude",
)  # fmt: skip
"""Every node's name, in the order of an inspection."""


def build_inspection_graph(
    model: BaseChatModel | str = "nano", *, stores: Stores | None = None, policy: Policy | None = None
) -> StateGraph[Any, Any, Any, Any]:
    """The inspection graph, not compiled: `.compile(checkpointer=...)` is the caller's (any LangGraph checkpointer).

    Args:
        model: what `--model` takes, or any LangChain chat model that reads images.
        stores: opened from the settings where None.
        policy: thresholds and limits.

    Returns:
        A `StateGraph` over `InspectionState`; invoke it with `{"test": path or digest, "references": [...],
        "question": ..., "object": ...}` and read `verdict`.
    """
    chat = load_model(model)
    kit = stores or open_stores()
    rules = policy or Policy()
    # A second try only for what may pass (an endpoint's hiccup), never for bad input.
    again = RetryPolicy(max_attempts=2, initial_interval=0.2, retry_on=lambda error: isinstance(error, RunFailed))
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(InspectionState)
    ask = {"model": chat, "images": kit.images}
    graph.add_node("intake", partial(intake, golden=kit.golden, **ask), retry_policy=again)  # type: ignore[arg-type]
    graph.add_node("recall", partial(recall, facts=kit.facts, policy=rules, **ask), retry_policy=again)  # type: ignore[arg-type]
    graph.add_node("compare", partial(compare, images=kit.images))
    graph.add_node("plan", partial(plan, facts=kit.facts, policy=rules))
    graph.add_node("examine", partial(examine, facts=kit.facts, policy=rules, **ask), retry_policy=again)  # type: ignore[arg-type]
    graph.add_node("reason", partial(reason, **ask), retry_policy=again)  # type: ignore[arg-type]
    graph.add_node("verify", verify)
    graph.add_node("repair", repair)
    graph.add_node("review", partial(review, policy=rules))
    graph.add_node("learn", partial(learn, facts=kit.facts, model=chat, preferences=kit.preferences))
    graph.add_node("conclude", partial(conclude, model=chat, policy=rules))

    graph.add_edge(START, "intake")
    graph.add_edge("intake", "recall")
    graph.add_edge("intake", "compare")
    graph.add_edge(["recall", "compare"], "plan")
    graph.add_conditional_edges("plan", route, ["examine", "reason"])
    graph.add_edge("examine", "reason")
    graph.add_edge("reason", "verify")
    graph.add_conditional_edges("verify", partial(repair_or_go_on, policy=rules), ["repair", "review"])
    graph.add_conditional_edges("repair", redo, ["examine", "reason"])
    graph.add_conditional_edges("review", again_or_learn, ["review", "learn"])
    graph.add_edge("learn", "conclude")
    graph.add_edge("conclude", END)
    return graph


async def make_graph() -> Any:
    """The compiled graph for LangGraph's dev server and Studio (langgraph.json); the server brings the checkpointer.

    Clients of the server choose the paths, so only `SAGE_INSPECT_ALLOWED_ROOTS` may be read.
    """
    return await asyncio.to_thread(_served_graph)


@lru_cache(maxsize=1)
def _served_graph() -> Any:
    return build_inspection_graph(stores=open_stores(confined=True)).compile()
