"""Metrics of ticketing."""

from prometheus_client import Gauge

SECRETS_WAITING = Gauge("ticketing_secrets_waiting", "Passwords and PINs whose turn to be worked out is not over")
