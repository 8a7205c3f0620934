"""Metrics of payments."""

from prometheus_client import Gauge

MONEY_IN = Gauge("payments_money_in_vnd", "Money heard of from banks, in đồng")
MONEY_PLACED = Gauge("payments_money_placed_vnd", "Where it lies: allocated, suspense or refunded", ["place"])
INVARIANTS_BROKEN = Gauge("payments_invariants_broken", "Rules of the books that do not hold now; must be 0")
