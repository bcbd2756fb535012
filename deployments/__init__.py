"""What runs Ratchet by itself: deployments, schedules, automations, and one local system."""
