"""Answers of any model, read from files and scored: the paper's MLE, accuracy, Acc-G, similarity (method.md, 4)."""
