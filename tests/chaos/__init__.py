"""Whatever fails, whoever interferes: a run leaves the Controller converged, or so that the next run converges it."""
