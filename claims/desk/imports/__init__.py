"""Imports: archives, spreadsheets and feeds come in as rows, are checked, applied, and can be undone."""
