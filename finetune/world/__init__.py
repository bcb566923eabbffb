"""The synthetic inspection world: drawn objects with defects, masks, facts, questions and ranked answers."""
