"""Ways to hear of transfers, an adapter a format: from bytes to transfers or a named fault. Pure."""
