"""Monitoring: checks of runs, rollouts, datasets, production and the machine, and the dashboard."""
