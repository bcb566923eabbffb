"""Making models: the drawn inspection world and the training of nano."""
