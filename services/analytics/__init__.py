"""Analytics: what was taken, where and by which tender, counted exactly.

Owns: facts, rollups, indicators. Says: nothing yet. Hears: `ticketing.events` and `payments.events`.
Must never: hold a payer's data, drop an event for being late, or ask another service for anything.
"""
