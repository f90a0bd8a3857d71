"""Structured rows at rest: stages, partitions (night x source), Parquet files."""
