"""The owner's doors: the day, charges, cash. It decides nothing by itself."""
