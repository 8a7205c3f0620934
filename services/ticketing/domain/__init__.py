"""The rules of ticketing: pure, never awaiting, reading no clock, setting or database."""
