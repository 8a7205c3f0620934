"""From Kafka to facts and rollups, counted exactly once; also made anew and verified. It shows nothing."""
