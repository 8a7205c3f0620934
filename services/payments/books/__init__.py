"""Double entry for all money heard of, and the proof that it holds. It knows no order and no message."""
