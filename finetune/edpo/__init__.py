"""E-DPO (stage 2): the objective, its batches and forward passes, the reference, the trainer."""
