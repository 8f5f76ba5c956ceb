"""What happened (or would happen), for people and for machines: the same content in every format. Pure."""
