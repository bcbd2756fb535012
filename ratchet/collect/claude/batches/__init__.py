"""Message batches: half the price for what is not urgent, and no question paid for twice."""
