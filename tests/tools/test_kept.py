from sage_inspect.tools.kept import Kept


def test_the_last_few_are_kept():
    kept, made = Kept(2), []

    def build(name):
        return lambda: made.append(name) or name

    assert [kept.get(n, build(n)) for n in "aba"] == ["a", "b", "a"] and made == ["a", "b"]
    # c drops b, which was used less lately than a.
    kept.get("c", build("c"))
    assert kept.get("a", build("a")) == "a" and made == ["a", "b", "c"]
    assert kept.get("b", build("b")) == "b" and made == ["a", "b", "c", "b"]


def test_without_a_key_nothing_is_kept():
    kept, made = Kept(2), []
    for _ in range(2):
        kept.get(None, lambda: made.append(1))
    assert made == [1, 1]
