"""Measurements that `make bench` runs; nothing here is imported by the product."""
