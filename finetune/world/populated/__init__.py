"""Assembled boards: their parts, their layout and the faults of assembly."""
