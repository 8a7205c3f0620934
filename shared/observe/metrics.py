"""Metrics of the platform; each service declares its own in its metrics.py. Labels come from small closed sets."""

from prometheus_client import Counter, Gauge, Histogram

_FAST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

USECASE_SECONDS = Histogram(
    "usecase_seconds", "Time of a use-case with its transaction", ["usecase", "outcome"], buckets=_FAST_BUCKETS
)
HTTP_SECONDS = Histogram("http_request_seconds", "Time of an HTTP request", ["route", "status"], buckets=_FAST_BUCKETS)
RELAY_LEADS = Gauge(
    "relay_leads", "1 where the relay works and its timers run, 0 where it waits: what both measure counts only there"
)
OUTBOX_UNSENT = Gauge("outbox_unsent_events", "Events written but not yet acknowledged by Kafka")
OUTBOX_SENT = Counter("outbox_sent_events_total", "Events acknowledged by Kafka")
PRODUCERS_REPLACED = Counter("producers_replaced_total", "Kafka producers abandoned after an error or a time-out")
CONSUMERS_REPLACED = Counter("consumers_replaced_total", "Kafka consumers replaced after an error or silence")
CONSUMED = Counter("consumed_events_total", "Events handled, by outcome", ["type", "outcome"])
DEAD_LETTERS = Counter("dead_letters_total", "Events put aside as dead letters", ["reason"])
DEAD_LETTERS_OPEN = Gauge("dead_letters_open", "Dead letters that nobody has replayed or settled yet", ["reason"])
CONSUMER_STOPPED = Gauge(
    "consumer_stopped", "1 while a topic is paused at a message, or its log cannot be read", ["topic"]
)
CONSUMER_LAG = Gauge("consumer_lag_events", "Events behind the end of the log", ["topic"])
LAST_POLL = Gauge("consumer_last_poll_timestamp_seconds", "When the consumer last asked Kafka for events")
STREAMS_OPEN = Gauge("live_streams_open", "Open server-sent event streams")
