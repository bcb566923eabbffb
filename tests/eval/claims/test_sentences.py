"""The same text is always cut in the same places."""

from sage_inspect.eval.claims import sentences


def test_ends_lines_and_abbreviations():
    assert sentences('One crack. "Two" dents!\nThree e.g. Holes') == ("One crack.", '"Two" dents!', "Three e.g. Holes")
    assert sentences("Seen in refs. I will check 0.5 mm.") == ("Seen in refs.", "I will check 0.5 mm.")
    assert sentences("  \n ") == ()
