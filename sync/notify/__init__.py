"""Sends the result of a run to other systems. A failure here never changes the result."""
