"""Full-text search: the query language, the index, and the videos that match."""
