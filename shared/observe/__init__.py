"""What a process tells of itself: logs, metrics, traces, health. It decides nothing."""
