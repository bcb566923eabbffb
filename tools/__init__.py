"""What any agent can call: every tool works alone, as a plain function."""
