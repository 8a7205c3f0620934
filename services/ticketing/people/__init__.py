"""People, phones, PINs and passwords: who may come in and manage whom. It signs passes; others only read them."""
