"""The HTTP doors of ticketing: they parse, run one use-case, and show its answer."""
