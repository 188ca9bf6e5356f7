"""Pages for readers. They read the record and nothing else."""
