"""Metrics of analytics. No label by venue: there may be thirty thousand."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS = Counter("analytics_events_total", "Events of committed batches, by what they were", ["outcome"])
CORRECTED = Counter("analytics_corrected_facts_total", "Facts that replaced one counted before")
FENCED = Counter("analytics_fenced_transactions_total", "Batches given up because another worker moved an offset")
ROLLUP_ROWS = Counter("analytics_rollup_rows_written_total", "Rollup rows changed", ["table"])
BATCH_EVENTS = Histogram("analytics_batch_events", "Events of a batch", buckets=(1, 10, 100, 500, 1000))
BATCH_SECONDS = Histogram("analytics_batch_seconds", "Time of a batch's transaction")
EVENT_AGE_SECONDS = Histogram(
    "analytics_event_age_seconds",
    "From when a payment happened to when it was counted",
    buckets=(0.1, 0.5, 1, 2, 5, 30, 300, 3600, 86400, 3456000),
)
LAST_COMMIT = Gauge("analytics_last_commit_timestamp_seconds", "When the last batch was counted")
STOPPED = Gauge("analytics_worker_stopped", "1 when the worker stopped with an alarm and needs a person", ["reason"])
REBUILD_RATIO = Gauge("analytics_rebuild_progress_ratio", "How far a running rebuild has come, 0..1")
