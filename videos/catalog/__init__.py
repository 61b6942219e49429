"""The lists of videos, from memory: what they are filtered and sorted by, as arrays that follow the database."""
