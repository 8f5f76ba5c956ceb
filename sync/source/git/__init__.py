"""Repository or folder → Snapshot: the files of one commit, or of a folder as they lie there."""
