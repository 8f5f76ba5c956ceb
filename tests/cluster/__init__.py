"""Clusters: reading what they make of Services, and writing statuses back."""
