"""What system tests share: a running congvu (server.py), ports nobody else uses (ports.py),
accounts and mail (mail.py), and the ledger of what was acknowledged (ledger.py)."""
