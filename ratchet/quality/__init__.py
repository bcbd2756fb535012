"""Quality of examples: schema, score, duplicates, gates, coverage."""
