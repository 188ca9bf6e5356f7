"""Dates in English: "28 November 2026", as in Spanish, and not the "Nov. 28, 2026" of the United States."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
