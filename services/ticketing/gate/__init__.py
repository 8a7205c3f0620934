"""Scans of tickets: the rule, its answers, undoing, and what a phone must know to decide without network."""
