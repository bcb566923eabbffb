"""The ablation: what fusion and stage 2 are worth, on questions that nothing was trained on."""
