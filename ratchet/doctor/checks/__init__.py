"""One check a module: NAME, and check(patient) -> Finding."""
