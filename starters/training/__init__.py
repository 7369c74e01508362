"""How the starter models are made: recipes, tokenizers, batches, the training loop, cards."""
