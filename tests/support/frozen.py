"""Imported last by the process that all others are forked from (tests/support/forks.py), and by nobody else.

The collector would write into every object that was imported before: each fork would look through them again when it
starts to serve, and copy the memory in which they lie.
"""

import gc

gc.collect()
gc.freeze()
