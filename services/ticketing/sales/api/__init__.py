"""The visitor's HTTP doors: they parse, run one use-case, and show its answer."""
