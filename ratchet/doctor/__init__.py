"""The doctor: looks for what is wrong, says what to do, and mends what is safe to mend."""
