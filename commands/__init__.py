"""The command line's groups, one file a command or group; cli.py puts them together.

What is heavy is imported inside the commands, so that `--help` answers at once.
"""
