"""The fusion's arithmetic against one written with loops, row by row, from method.md section 1."""

import math

import pytest
import torch
from torch.nn import functional as F

from sage_inspect.models.fusion import FactFusion, FusionConfig, fitting_heads, nearest_similarity
from sage_inspect.models.image_tokens import ImageLayout

IMAGE, OPEN, CLOSE, PAD = 2, 5, 6, 0
SIZE, PATCHES = 16, 3
LAYOUT = ImageLayout((IMAGE,), "constant", tokens_per_image=6)


def build(seed=0, *, alpha=0.7, layout=LAYOUT, patches=PATCHES):
    torch.manual_seed(seed)
    fusion = FactFusion(FusionConfig(SIZE, OPEN, CLOSE, layout, heads=4, patches=patches), rms=0.5)
    with torch.no_grad():
        for weights in (fusion.in_bias, fusion.out_bias, fusion.shift):
            weights.normal_()
        fusion.alpha.fill_(alpha)
    return fusion


def row(*facts, images=2):
    body = [token for fact in facts for token in (OPEN, *fact, CLOSE, 30)]
    return [9, *[IMAGE] * (6 * images), 8, *body, 31, 32]


def batch(*rows, left=True):
    width = max(map(len, rows))
    pads = [[PAD] * (width - len(r)) for r in rows]
    return torch.tensor([p + r if left else r + p for r, p in zip(rows, pads, strict=True)])


def slowly(fusion, embeds, ids):
    """One row [t, h], with loops and torch's own attention."""
    ids, out = ids.tolist(), embeds.clone()
    images = [i for i, token in enumerate(ids) if token == IMAGE]
    test, reference = images[:6], images[6:12]
    if not test:
        return out
    v_t = embeds[test]
    if reference:
        s = [max(float(F.cosine_similarity(v, embeds[j], dim=0)) for j in reference) for v in v_t]
        v_t = v_t[sorted(range(6), key=lambda i: s[i])[: fusion.config.patches]]
    attention = torch.nn.MultiheadAttention(SIZE, 4, batch_first=True)
    attention.in_proj_weight, attention.in_proj_bias = fusion.in_weight, fusion.in_bias
    attention.out_proj.weight, attention.out_proj.bias = fusion.out_weight, fusion.out_bias
    norm = torch.nn.LayerNorm(SIZE)
    norm.weight, norm.bias = fusion.gain, fusion.shift
    inside = None
    for i, token in enumerate(ids):
        if token == OPEN:
            inside = []
        elif token == CLOSE:
            if inside:
                t_g = embeds[inside].mean(0)[None, None]
                t_s = attention(t_g, v_t[None], v_t[None])[0][0, 0]
                out[i] = embeds[i] + torch.tanh(fusion.alpha) * norm(t_s)
            inside = None
        elif inside is not None:
            inside.append(i)
    return out


ROWS = [
    row([40], [41, 42, 43], [44, 45]),
    row([46, 47], images=1),
    row([48, 49, 50], [51]),
    row(images=2),
    [9, 8, 31],
    row([52, 53], images=0),
    [9, *[IMAGE] * 12, CLOSE, 8, OPEN, CLOSE, OPEN, 33, CLOSE, OPEN, 34],
]


@pytest.mark.parametrize("left", [True, False])
def test_equals_the_loops(left):
    fusion = build()
    ids = batch(*ROWS, left=left)
    embeds = torch.randn(*ids.shape, SIZE)
    fused = fusion.fuse(embeds, ids)
    for k in range(len(ROWS)):
        assert torch.allclose(fused[k], slowly(fusion, embeds[k], ids[k]), atol=1e-5), k
    changed = (fused != embeds).any(-1)
    assert changed.sum(1).tolist() == [3, 1, 2, 0, 0, 0, 1]
    assert bool((ids[changed] == CLOSE).all())


def test_nothing_changes_before_training():
    fusion = build(alpha=0.0)
    ids = batch(*ROWS)
    embeds = torch.randn(*ids.shape, SIZE)
    assert torch.equal(fusion.fuse(embeds, ids), embeds)
    fresh = FactFusion(fusion.config, rms=0.25)
    assert not fresh.alpha.any() and bool((fresh.gain == 0.25).all()) and not fresh.shift.any()


def test_nothing_to_fuse_costs_nothing():
    fusion = build()
    for ids in (batch(row(images=2)), batch([9, 8, 31]), batch(row([52], images=0))):
        embeds = torch.randn(*ids.shape, SIZE)
        assert fusion.fuse(embeds, ids) is embeds


def test_the_nearest_reference_patch_counts():
    # Each test patch has one twin among otherwise opposite patches: max_j is 1 for it, min_j would be -1 for all.
    eye = torch.eye(4)
    patches, others = eye[None, :3], torch.cat([eye[:2], -eye[:3]])[None]
    real = torch.tensor([[True] * 5])
    assert nearest_similarity(3 * patches, others, real).tolist() == [[1.0, 1.0, 0.0]]
    real[0, 0] = False
    assert nearest_similarity(patches, others, real).tolist() == [[0.0, 1.0, 0.0]]
    assert nearest_similarity(patches, others, torch.zeros_like(real)).tolist() == [[-math.inf] * 3]


def test_only_the_patches_that_differ_are_seen():
    fusion = build()
    ids = batch(row([40, 41]))
    embeds = torch.randn(*ids.shape, SIZE)
    first, second = slice(1, 7), slice(7, 13)
    embeds[0, second] = embeds[0, first]
    embeds[0, 1:4] = -embeds[0, 1:4] + torch.randn(3, SIZE)  # these three have no twin any more
    before = fusion.fuse(embeds, ids)
    same = embeds.clone()
    same[0, 4:7] = same[0, 10:13] = torch.randn(3, SIZE)  # what is alike may look like anything
    at = ids[0].tolist().index(CLOSE)
    assert torch.allclose(before[0, at], fusion.fuse(same, ids)[0, at])
    other = embeds.clone()
    other[0, 2] += 1
    assert not torch.allclose(before[0, at], fusion.fuse(other, ids)[0, at])


def test_a_row_does_not_depend_on_its_neighbours():
    fusion = build(layout=ImageLayout((IMAGE,), "runs"))
    rows = [
        [9, *[IMAGE] * 4, 8, *[IMAGE] * 9, OPEN, 40, CLOSE],
        [9, *[IMAGE] * 7, OPEN, 41, 42, CLOSE, OPEN, 43, CLOSE],
    ]
    ids = batch(*rows)
    embeds = torch.randn(*ids.shape, SIZE)
    together = fusion.fuse(embeds, ids)
    for k, r in enumerate(rows):
        alone = fusion.fuse(embeds[k : k + 1, -len(r) :], ids[k : k + 1, -len(r) :])
        assert torch.allclose(together[k, -len(r) :], alone[0], atol=1e-5)


def test_gradients_reach_everything_once_alpha_has_moved():
    ids = batch(*ROWS)
    embeds = torch.randn(*ids.shape, SIZE, requires_grad=True)
    start = build(alpha=0.0)
    (start.fuse(embeds, ids) ** 2).sum().backward()
    assert float(start.alpha.grad) != 0 and not start.in_weight.grad.any()
    fusion = build()
    embeds.grad = None
    (fusion.fuse(embeds, ids) * torch.randn(SIZE)).sum().backward()
    for name, weights in fusion.named_parameters():
        assert weights.grad is not None and weights.grad.isfinite().all() and weights.grad.any(), name
    # More than the plain sum's: through the attention into the patches, so that the projector learns too.
    assert embeds.grad.isfinite().all()
    fusion.double()
    few = batch(row([40, 41]), row([42], images=1))
    exact = torch.randn(*few.shape, SIZE, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda e: fusion.fuse(e, few).square().sum(), exact, fast_mode=True)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype):
    fusion = build()
    ids = batch(*ROWS)
    embeds = torch.randn(*ids.shape, SIZE)
    exact = fusion.fuse(embeds.to(dtype).float(), ids)
    assert fusion.fuse(embeds.to(dtype), ids).dtype == dtype
    assert torch.allclose(fusion.fuse(embeds.to(dtype), ids).float(), exact, atol=0.1)
    with torch.autocast("cpu", torch.bfloat16):
        under = fusion.fuse(embeds.requires_grad_(), ids)
        under.sum().backward()
    assert under.dtype == torch.float32 and torch.allclose(under, fusion.fuse(embeds, ids), atol=0.1)


def test_more_patches_asked_for_than_there_are():
    fusion, all_of_them = build(patches=100), build(patches=6)
    ids = batch(row([40, 41]))
    embeds = torch.randn(*ids.shape, SIZE)
    assert torch.allclose(fusion.fuse(embeds, ids), all_of_them.fuse(embeds, ids))


def test_heads_divide_the_size():
    assert [fitting_heads(n) for n in (256, 576, 36, 35, 37)] == [8, 8, 6, 7, 1]
