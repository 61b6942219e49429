"""What `make bench` runs: one module for each row of the speed table in docs/performance.md."""
