"""The demonstration: an app with simulated traffic whose candidates meet different ends.

Time, traffic and the faults of the language model are simulated and named so. Everything
else is what runs in production: router, recorder, ingestion, controller, routing file.
"""
