"""Tells those who were not there how a run ended. Nothing that goes wrong here changes how the run ends."""
