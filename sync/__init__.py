"""Git-driven synchronizer for the layer 4 configuration of Avi Load Balancer Controllers."""
