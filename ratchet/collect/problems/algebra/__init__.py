"""Formal mathematics: texts read by a grammar of our own, claims worked out, answers compared.

No text is ever evaluated as code. What the grammar does not know is not read.
"""
