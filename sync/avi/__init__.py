"""The meaning of values in Avi's API: references, addresses, hostnames, markers."""
