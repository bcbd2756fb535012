"""Mathematics problems: written, checked, verified, tried on a target, accepted or discarded."""
