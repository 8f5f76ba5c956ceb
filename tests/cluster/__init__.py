"""Clusters: reading what they make of Services, and a small API server to read it from."""
