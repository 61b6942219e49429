"""Importing marks from other applications."""
