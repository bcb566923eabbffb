"""Scoring what an agent said: deterministic checks (the verify node uses the same code)."""
