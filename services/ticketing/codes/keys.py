"""What signs ticket codes, as the rooms that issue them call it."""

from shared.keys.files import Signer

TicketSigner = Signer
