"""The one way to change something: a use-case in one transaction with its events, once. It never reaches Kafka."""
