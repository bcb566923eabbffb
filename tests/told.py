"""What a command that fails tells."""


def fails(told, code, *words):
    assert told[0] == code, told
    assert told[1] == ""
    assert told[2].count("\n") == 1, told[2]
    assert told[2].startswith("error: ")
    for word in words:
        assert word in told[2]
