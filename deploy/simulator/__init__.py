"""The simulated bank, and the people who use the system in a demo or under load; it exists in the demo profile only.

It may: put transfers on `bank.transfers`, and knock at the public doors as anybody may.
It must never: read a service's database, or tell a service anything by another way.
"""
