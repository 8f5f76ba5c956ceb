"""What a Kubernetes cluster makes of the Services in Git, read over its API (or from a file that stands in for it)."""
