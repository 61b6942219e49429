"""Full-text search: the language that people type, the index, and the videos that they find."""
