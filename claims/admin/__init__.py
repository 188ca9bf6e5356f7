"""The desk: one file a subject. Importing them registers them."""
