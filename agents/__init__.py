"""The state machine of an inspection."""
