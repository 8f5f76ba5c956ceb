"""The result of a run, for people and for machines: the same content in every format. Pure."""
