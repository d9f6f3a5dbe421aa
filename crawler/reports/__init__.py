"""What is told of one run: the figures of its traffic, report.json, and metrics.prom for Prometheus."""
