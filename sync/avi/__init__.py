"""What Avi's API means by what it says: references, and where an address lives."""
