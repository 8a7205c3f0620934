"""Who comes in: signed passes, the rules of routes, revocations. It signs nobody in."""
