"""The engines: each runs models in its own way behind one protocol."""
