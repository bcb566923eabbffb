import numpy as np

from sage_inspect.tools import detector
from sage_inspect.tools.detector import _gradients, train


def rows(count, centre, seed):
    return np.random.default_rng(seed).normal(centre, 1, (count, 5)).astype(np.float32)


def test_it_learns_what_a_line_cannot_tell(monkeypatch):
    monkeypatch.setattr(detector, "STEPS", 400)
    # Normals around 0, defects in a ring about them: no linear rule tells them apart.
    normals = rows(3000, 0, 0) * 0.5
    ring = rows(3000, 0, 1)
    defects = 3 * ring / np.linalg.norm(ring, axis=1, keepdims=True)
    found = train(defects, normals, seed=1)
    odds = found(np.concatenate([defects[:500], normals[:500]]))
    assert (odds[:500] > 0).mean() > 0.95 and (odds[500:] < 0).mean() > 0.95
    assert found(normals.reshape(30, 100, 5)).shape == (30, 100)


def test_the_same_seed_gives_the_same_detector(monkeypatch):
    monkeypatch.setattr(detector, "STEPS", 5)
    one, other = (train(rows(300, 1, 0), rows(300, 0, 1), seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))


def test_gradients_are_those_of_the_loss():
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.5, s) for s in ((3, 4), (4,), (4,), (1,))]
    features, truth = rng.normal(0, 1, (6, 3)), np.array([1.0, 0, 1, 0, 0, 1])

    def loss():
        first, bias, second, offset = weights
        odds = np.maximum(features @ first + bias, 0) @ second + offset[0]
        return float(np.mean(np.logaddexp(0, odds) - truth * odds))

    for part, gradient in zip(weights, _gradients(features, truth, weights), strict=True):
        for place in np.ndindex(part.shape):
            kept, step = part[place], 1e-6
            part[place] = kept + step
            up = loss()
            part[place] = kept - step
            slope = (up - loss()) / (2 * step)
            part[place] = kept
            assert abs(slope - gradient[place]) < 1e-5
