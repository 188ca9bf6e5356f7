"""Pages for readers. They read only the record."""
