"""The smallest run of nano's training that still learns."""

from sage_inspect.finetune.nano.train import Recipe

CONFIG = {"layers": 4, "hidden": 192, "sizes": (16, 24, 32)}
"""Four layers and three heads: what the guides look into."""

TINY = Recipe(
    minutes=0.35,
    shares=(0.3, 0.4, 0.3),
    pools=(60, 40),
    texts=200,
    held_out=30,
    batch=((10, 6), (4,), (3, 1)),
    config=CONFIG,
)
