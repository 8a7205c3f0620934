"""Money that moved, as banks tell it: heard once, matched, posted, suspended, freed. It opens no intent."""
