"""The improvement cycle: its options, its run folder, its summary and its stages.

A stage reads what the stage before it left in files, does one thing, and leaves files.
Commands and Prefect tasks call the same stages.
"""
