"""Ticketing: sells places at sites and homestays, issues signed QR tickets, and admits them at the gate.

Owns: venues, people, devices and PINs, products, tariffs, places, orders, tickets, admissions.
Says: venue_changed, order_*, tickets_issued, ticket_*, admission_*, person_revoked, device_revoked, passes_ended.
Hears: intent_opened, payment_partial, payment_settled, payment_refunded.
Must never: decide that money came (only payments says so), call another service, or let a gate wait for the network.
"""
