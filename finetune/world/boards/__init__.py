"""Bare boards: their copper, their six defects, whole pairs and crops of them."""
