"""The nodes of the inspection graph: one file each, plain functions `(state, *, what it needs) -> update`."""
