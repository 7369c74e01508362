"""Predicates over what a learner really did, by the names that exercises use for them."""
