"""Git and files → a Snapshot, and a Snapshot → typed manifests: steps 2 and 3 of the pipeline."""
