"""Keys that sign tickets and passes: numbered files, of which the newest signs and all verify. It signs nothing."""
