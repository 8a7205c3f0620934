"""Kafka both ways: the relay carries the outbox there, readers bring messages to use-cases. It knows no use-case."""
