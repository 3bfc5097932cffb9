"""Reads the results of giveback: tables, metrics and verdicts."""
