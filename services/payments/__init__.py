"""Payments: shows where to pay, hears that money moved, and keeps the books of what it heard.

Owns: merchants and their accounts, intents, QR codes, bank transfers, suspense, cash, the ledger.
Says: merchant_changed, intent_opened, payment_partial, payment_settled, payment_refunded, intent_cancelled,
transfer_suspended, transfer_resolved, cash_recorded. Hears: venue_changed, order_*, revocations; the restricted topic
bank.transfers.
Must never: hold money, call another service, or let anything but the bank's event mean "paid".
"""
