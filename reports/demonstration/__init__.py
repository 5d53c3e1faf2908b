"""The demonstration ledger: an invented bureau's story as data, and its way into the database."""
