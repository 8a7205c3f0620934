"""What is due on one account under one reference: opened for an order or an owner's charge. It hears no money."""
