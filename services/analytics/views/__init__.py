"""Numbers read from the rollups, and what they mean. It changes nothing and knows no request."""
