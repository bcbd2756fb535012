"""The sections of the settings, and what a team may ask about them."""
