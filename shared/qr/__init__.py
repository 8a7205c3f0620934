"""QR pictures, VietQR payloads and the banks they may name. Pure."""
